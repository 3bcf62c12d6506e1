package dev.embark.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Web server on the loopback address with one file, {@code /m.gguf}, and a redirect to it, {@code
 * /moved}. Content and version headers can change at any time.
 */
public final class WebServer implements AutoCloseable {
  final AtomicInteger heads = new AtomicInteger();
  public final AtomicInteger gets = new AtomicInteger();
  public volatile byte[] content;

  /** Null for none. */
  public volatile String tag;

  /** Null for none. */
  public volatile String modified;

  /** Status of the response to HEAD. */
  public volatile int headStatus = 200;

  /** Whether the server supports Range requests. */
  public volatile boolean ranges;

  /** Runs before each response with content. */
  public volatile Runnable beforeGet = () -> {};

  private final HttpServer server;

  public WebServer(byte[] content, String tag) throws IOException {
    this.content = content;
    this.tag = tag;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/m.gguf";
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean head = exchange.getRequestMethod().equals("HEAD");
      (head ? heads : gets).incrementAndGet();
      switch (exchange.getRequestURI().getPath()) {
        case "/m.gguf" -> send(exchange, head);
        case "/moved" -> {
          exchange.getResponseHeaders().set("Location", "/m.gguf");
          exchange.sendResponseHeaders(302, -1);
        }
        default -> exchange.sendResponseHeaders(404, -1);
      }
    }
  }

  private void send(HttpExchange exchange, boolean head) throws IOException {
    if (!head) {
      beforeGet.run();
    }
    byte[] bytes = content;
    if (tag != null) {
      exchange.getResponseHeaders().set("ETag", tag);
    }
    if (modified != null) {
      exchange.getResponseHeaders().set("Last-Modified", modified);
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    if (head && headStatus != 200) {
      exchange.getResponseHeaders().clear();
      exchange.sendResponseHeaders(headStatus, -1);
    } else if (ranges && "bytes=0-0".equals(range)) {
      exchange.getResponseHeaders().set("Content-Range", "bytes 0-0/" + bytes.length);
      exchange.sendResponseHeaders(206, 1);
      exchange.getResponseBody().write(bytes, 0, 1);
    } else if (head) {
      exchange.getResponseHeaders().set("Content-Length", "" + bytes.length);
      exchange.sendResponseHeaders(200, -1);
    } else {
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
