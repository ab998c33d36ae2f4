import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Keeps the latest revision of each article as a file of its own, in a group that shares the partitions.
 *
 * <pre>java -cp 'jars/*' Articles.java FOLDER</pre>
 *
 * Needs org.apache.kafka:kafka-clients and com.fasterxml.jackson.core:jackson-databind. BOOTSTRAP_SERVERS, TOPIC, GROUP:
 * see below. UNTIL: end when exactly so many articles are there. The folder stands for your store: what it needs is an
 * upsert that takes higher revisions only, and a delete. Since both may be done twice, the place in the topic is
 * committed after them, and killing this at any time loses nothing.
 */
public class Articles {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SERVERS = setting("BOOTSTRAP_SERVERS", "localhost:9092");
    private static final String TOPIC = setting("TOPIC", "news.articles");
    private static final String GROUP = setting("GROUP", "articles-to-files");
    private static final int UNTIL = Integer.parseInt(setting("UNTIL", "-1"));

    private static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    private static void take(Path folder, ConsumerRecord<String, String> record) throws IOException {
        if (!record.key().matches("[0-9a-f]{32}")) {
            throw new IOException(record.key() + " is no article's id: is " + TOPIC + " the topic of articles?");
        }
        var file = folder.resolve(record.key() + ".json");
        if (record.value() == null) { // a tombstone: the article is gone
            Files.deleteIfExists(file);
            return;
        }
        var revision = JSON.readTree(record.value()).get("revision").asInt();
        if (Files.exists(file) && revision <= JSON.readTree(file.toFile()).get("revision").asInt()) {
            return;
        }
        var written = Files.writeString(folder.resolve(record.key() + ".new"), record.value());
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean complete(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, "*.json")) {
            var count = 0;
            for (var file : files) {
                count++;
            }
            return count == UNTIL;
        }
    }

    private static int failed(int code, String message) {
        System.err.println(message);
        return code;
    }

    private static void consume(KafkaConsumer<String, String> consumer, Path folder) throws IOException {
        consumer.subscribe(List.of(TOPIC));
        while (!complete(folder)) {
            for (var record : consumer.poll(Duration.ofSeconds(1))) {
                take(folder, record);
            }
            consumer.commitSync();
        }
    }

    private static int run(Path folder) throws IOException {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", SERVERS,
            "group.id", GROUP,
            "auto.offset.reset", "earliest",
            "isolation.level", "read_committed", // the default reads what was never committed
            "enable.auto.commit", false,
            "allow.auto.create.topics", false);
        var strings = new StringDeserializer();
        var left = new CountDownLatch(1);
        try (var consumer = new KafkaConsumer<>(settings, strings, strings)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> leave(consumer, left)));
            if (consumer.partitionsFor(TOPIC, Duration.ofSeconds(30)).isEmpty()) {
                return failed(69, TOPIC + " is not there yet: copydesk topics --create, or start copydesk run first");
            }
            consume(consumer, folder);
            return 0;
        } catch (TimeoutException error) {
            return failed(69, "no answer from Kafka at " + SERVERS + ": " + error.getMessage());
        } catch (WakeupException stopped) {
            return 0; // told to end
        } finally {
            left.countDown();
        }
    }

    public static void main(String[] arguments) throws IOException {
        var code = arguments.length == 1
            ? run(Files.createDirectories(Path.of(arguments[0])))
            : failed(64, "usage: java -cp 'jars/*' Articles.java FOLDER");
        if (code != 0) {
            System.exit(code);
        }
    }

    /** On a signal: ends the loop, and the process not before the group has been left. */
    private static void leave(KafkaConsumer<String, String> consumer, CountDownLatch left) {
        consumer.wakeup();
        try {
            left.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
