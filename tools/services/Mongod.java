// A MongoDB-wire server on a file: java -cp "jars/*" Mongod.java PORT FILE [ADDRESS]

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;
import java.util.Set;
import org.h2.mvstore.MVStore;

public class Mongod {
    public static void main(String[] arguments) {
        MongoServer server = new MongoServer(new Durable(arguments[1]).version(new Five()));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind(arguments.length > 2 ? arguments[2] : "127.0.0.1", Integer.parseInt(arguments[0]));
    }

    /**
     * What it acknowledges is in the file, and nothing by halves: as shipped, a SIGKILL may take the last second, or leave
     * a document that its index does not know, which can then be neither found nor inserted.
     */
    static class Durable extends H2Backend {
        private static final Set<String> READS = Set.of("find", "aggregate", "count", "distinct", "getMore", "hello", "ping");

        Durable(String file) {
            super(new MVStore.Builder().fileName(file).cacheSize(256) // MB: it reads all for each question
                .autoCommitDisabled().autoCommitBufferSize(0).open());
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            if (READS.contains(message.getDocument().keySet().iterator().next())) {
                return super.handleMessage(message);
            }
            synchronized (this) {
                Document answer = super.handleMessage(message);
                commit();
                return answer;
            }
        }
    }

    /** What it says it is: newer drivers refuse the version that it was built for. */
    static class Five implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }
}
