package dev.embark.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hub with one file, {@code org/repo/m.gguf}, whose content is on a storage server with another
 * address. Counts requests; each request for content may fail with a fault.
 */
final class HubServer implements AutoCloseable {
  /** Fault of a request for content. */
  enum Fault {
    STATUS_503,
    STATUS_401,
    STATUS_404,
    CUT_IN_THE_MIDDLE,
    STALL,
    WEB_PAGE,
    WEB_PAGE_CALLED_DATA,
    RANGE_IGNORED,
    ANOTHER_CONTENT,
    ENDS_EARLY_AND_SAYS_SO
  }

  final AtomicInteger heads = new AtomicInteger();
  final AtomicInteger gets = new AtomicInteger();
  final AtomicLong bytesSent = new AtomicLong();
  final Queue<String> tokensAtHub = new ConcurrentLinkedQueue<>();
  final Queue<String> tokensAtStorage = new ConcurrentLinkedQueue<>();

  /** The start offset of each request for content. */
  final List<Integer> offsets = Collections.synchronizedList(new ArrayList<>());

  private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub;
  private final HttpServer storage;
  private final byte[] content;
  private volatile int headStatus = 302;
  private volatile String hash;

  /** Serves random bytes with the magic number of a model. */
  HubServer(int bytes) throws IOException {
    this(randomBytes(bytes));
  }

  HubServer(byte[] content) throws IOException {
    this.content = content;
    hash = sha256(content);
    storage = serve(this::store);
    hub = serve(this::answer);
  }

  private static byte[] randomBytes(int n) {
    byte[] content = new byte[n];
    new Random(7).nextBytes(content);
    System.arraycopy("GGUF".getBytes(StandardCharsets.US_ASCII), 0, content, 0, 4);
    return content;
  }

  private HttpServer serve(com.sun.net.httpserver.HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", handler);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  String sha256() {
    return sha256(content);
  }

  byte[] content() {
    return content.clone();
  }

  /** Sets the faults of the next requests for content. */
  void spoil(Fault... next) {
    faults.addAll(List.of(next));
  }

  /** Answers metadata requests with an error status. */
  void refuse(int status) {
    headStatus = status;
  }

  /** Ends the storage, so that the hub redirects to nobody. */
  void endStorage() {
    storage.stop(0);
  }

  /** Announces a wrong hash. */
  void lieAboutHash(String announced) {
    hash = announced;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String token = exchange.getRequestHeaders().getFirst("Authorization");
      if (token != null) {
        tokensAtHub.add(token);
      }
      boolean head = exchange.getRequestMethod().equals("HEAD");
      if (head) {
        heads.incrementAndGet();
      }
      String path = exchange.getRequestURI().getPath();
      if (!path.matches("/org/repo/resolve/(main|v2|commit-1)/m.gguf")) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      if (headStatus == 302) {
        exchange.getResponseHeaders().set("X-Repo-Commit", "commit-1");
        exchange.getResponseHeaders().set("X-Linked-Etag", '"' + hash + '"');
        exchange.getResponseHeaders().set("X-Linked-Size", "" + content.length);
        exchange
            .getResponseHeaders()
            .set("Location", "http://127.0.0.1:" + storage.getAddress().getPort() + "/blob");
      }
      exchange.sendResponseHeaders(headStatus, -1);
    }
  }

  private void store(HttpExchange exchange) throws IOException {
    try (exchange) {
      gets.incrementAndGet();
      String token = exchange.getRequestHeaders().getFirst("Authorization");
      if (token != null) {
        tokensAtStorage.add(token);
      }
      String range = exchange.getRequestHeaders().getFirst("Range");
      int asked = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
      offsets.add(asked);
      Fault fault = faults.poll();
      int from = fault == Fault.RANGE_IGNORED ? 0 : asked;
      if (fault == null || fault == Fault.RANGE_IGNORED) {
        send(exchange, content, from, content.length, content.length);
        return;
      }
      int half = from + (content.length - from) / 2;
      switch (fault) {
        case STATUS_503 -> exchange.sendResponseHeaders(503, -1);
        case STATUS_401 -> exchange.sendResponseHeaders(401, -1);
        case STATUS_404 -> exchange.sendResponseHeaders(404, -1);
        case CUT_IN_THE_MIDDLE -> {
          send(exchange, content, from, half, content.length);
          // A client that notices the cut discards data that it has received but not yet delivered.
          closed.await(200, TimeUnit.MILLISECONDS);
        }
        case STALL -> {
          send(exchange, content, from, half, content.length);
          closed.await();
        }
        case WEB_PAGE, WEB_PAGE_CALLED_DATA -> {
          byte[] page = new byte[content.length];
          Arrays.fill(page, (byte) ' ');
          System.arraycopy("<html>".getBytes(StandardCharsets.US_ASCII), 0, page, 0, 6);
          exchange
              .getResponseHeaders()
              .set("Content-Type", fault == Fault.WEB_PAGE ? "text/html; charset=utf-8" : "x/y");
          send(exchange, page, 0, page.length, page.length);
        }
        case ANOTHER_CONTENT -> {
          byte[] other = content.clone();
          other[other.length - 1] ^= 1;
          send(exchange, other, from, other.length, other.length);
        }
        case ENDS_EARLY_AND_SAYS_SO -> send(exchange, content, from, half, half);
        default -> throw new AssertionError(fault);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends {@code bytes[from … to)} with headers that announce a range up to {@code announced}. */
  private void send(HttpExchange exchange, byte[] bytes, int from, int to, int announced)
      throws IOException {
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + (announced - 1) + "/" + content.length);
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, announced - from);
    exchange.getResponseBody().write(bytes, from, to - from);
    exchange.getResponseBody().flush();
    bytesSent.addAndGet(to - from);
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    hub.stop(0);
    storage.stop(0);
    threads.shutdownNow();
  }
}
