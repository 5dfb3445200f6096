"""A producer of batches, with one request on its way to each broker. One that failed is given up, with all it holds:
only then is it known that nothing is appended after it was told that nobody knows."""

import asyncio
import logging
import ssl
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch

from rockola.eventlog.kafka_cluster import Cluster, Lines
from rockola.eventlog.kafka_topic import BATCH_BYTES

DELIVERY = 9.0  # seconds that a record has to become durable: under the gateway's deadline
FRAME = 2000  # bytes of a batch that are not its records, and a good deal more
SMALL = 4096  # bytes of values up to which a batch goes as it is: lz4 would take as long as all else of it, or longer
LEAVING = 2.0  # seconds that what is under way has to end once it was told to
PAUSE = 0.05  # seconds between two times that it is told
NAMES = {  # the driver of readers and topics calls them otherwise
    "sasl.mechanism": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
    "security.protocol": "security_protocol",
    "client.id": "client_id",
}


class Producer(AIOKafkaProducer):  # type: ignore[misc]
    """Idempotent, with acks from every copy in step."""

    def __init__(self, cluster: Cluster) -> None:
        _hear()
        super().__init__(
            bootstrap_servers=cluster.servers.split(","),
            enable_idempotence=True,
            request_timeout_ms=int(DELIVERY * 1000),
            ssl_context=ssl.create_default_context() if cluster.options["tls"] else None,
            **{NAMES[name]: value for name, value in cluster.settings().items() if name in NAMES},
        )
        self._requests = set[asyncio.Task[None]]()
        self._request, self._sender._send_produce_req = self._sender._send_produce_req, self._send_known

    async def start(self) -> None:
        """Returns when a broker knows it."""
        await super().start()
        sending = self._sender.sender_task
        sending.remove_done_callback(self._sender._fail_all)  # which takes it for a producer of transactions
        sending.add_done_callback(self._ended)

    def batch_of(self, size: int) -> BatchBuilder:
        """An empty batch, for about so many bytes of values."""
        codec = DefaultRecordBatch.CODEC_LZ4 if size > SMALL else DefaultRecordBatch.CODEC_NONE
        return BatchBuilder(BATCH_BYTES - FRAME, codec)

    async def abandon(self) -> None:
        """Ends it: everything it has not appended yet fails, and none of it is sent any more."""
        self._closed = self._message_accumulator._closed = True
        until = asyncio.get_running_loop().time() + LEAVING
        while (left := self._at_work()) and asyncio.get_running_loop().time() < until:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=PAUSE)
        self._fail(KafkaTimeoutError())
        for connection in self.client._conns.values():
            if connection.connected():
                connection._writer.transport.abort()  # a close would wait for a peer that does not read
        await asyncio.wait([asyncio.ensure_future(self.client.close())], timeout=LEAVING)

    def _at_work(self) -> list["asyncio.Task[None]"]:
        """Its sender, and the requests to brokers."""
        sending = [self._sender.sender_task] if self._sender.sender_task else []
        return [task for task in (*sending, *self._requests) if not task.done()]

    async def _send_known(self, *request: Any) -> None:
        """A request, which its parent knows no more of once it is sent."""
        self._requests.add(task := asyncio.current_task())  # type: ignore[arg-type]
        try:
            await self._request(*request)
        finally:
            self._requests.discard(task)

    def _ended(self, sending: "asyncio.Task[None]") -> None:
        if not sending.cancelled() and (error := sending.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        held = self._message_accumulator
        held._pending_batches.update(chain(*held._batches.values()))  # where one that is tried again expects itself
        held.fail_all(error)
        for future in (one for batch in held._pending_batches for one in (batch.future, batch._drain_waiter)):
            future.exception()  # whoever waited may have gone, and the loop would complain


class _Heard(logging.Handler):
    """The driver's log lines as ours."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines = Lines()

    def emit(self, record: logging.LogRecord) -> None:
        """A line."""
        self._lines.log(logging.INFO, "", record.name, "writer", record.getMessage())


def _hear() -> None:
    driver: Any = logging.getLogger("aiokafka")
    if not driver.handlers:
        driver.addHandler(_Heard())
        driver.propagate = False
