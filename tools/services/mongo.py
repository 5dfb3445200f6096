"""A MongoDB-wire server: mongo-java-server on a file, where an acknowledged insert survives SIGKILL."""

from collections.abc import Sequence

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tools.services.cache import HERE, java
from tools.services.process import Service

HEAP = "1g"  # it sorts in memory: enough for some 200,000 records


class Mongo(Service):
    """One server with its databases in one file; what it is not: docs/services.md."""

    name, scheme = "mongo", "mongodb"
    jvm: Sequence[str] = (f"-Xmx{HEAP}",)

    def prepare(self) -> Sequence[str]:
        launcher, file = HERE / "Mongod.java", self.folder / "mongo.mv"
        return [*java(self.name, *self.jvm), str(launcher), str(self.port), str(file)]

    def answers(self) -> bool:
        try:
            with MongoClient[dict[str, object]](self.url, serverSelectionTimeoutMS=200) as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True
