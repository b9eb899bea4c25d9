package weir.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads events with Jackson's streaming parser, straight from the bytes of the file. */
final class EventReader implements Closeable {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonParser parser;

    EventReader(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 20);
        parser = FACTORY.createParser(in);
    }

    /** The next event, a new object, or null at the end. */
    Event next() throws IOException {
        if (parser.nextToken() == null) {
            return null;
        }
        return object(parser);
    }

    /** One event from one line. */
    static Event parse(String line) throws IOException {
        try (JsonParser parser = FACTORY.createParser(line)) {
            parser.nextToken();
            return object(parser);
        }
    }

    private static Event object(JsonParser parser) throws IOException {
        Event e = new Event();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "type" -> e.type = Event.typeOf(parser.getText());
                case "ts" -> e.ts = parser.getLongValue();
                case "card" -> e.card = parser.getText();
                case "account" -> e.account = parser.getText();
                case "country" -> e.country = parser.getText();
                case "amount" -> e.amount = parser.getDoubleValue();
                case "approved" -> e.approved = parser.getBooleanValue();
                default -> parser.skipChildren();
            }
        }
        return e;
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }
}
