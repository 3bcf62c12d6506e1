package dev.embark.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * An API server of Kubernetes that keeps the resources which are created or applied, and starts no
 * pod. That of the library for tests of clients does not create what is applied.
 */
final class MiniKubernetes implements AutoCloseable {
  private final ObjectMapper json = new ObjectMapper();
  private final Map<String, JsonNode> resources = new ConcurrentSkipListMap<>();
  private final HttpServer server;

  MiniKubernetes() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Returns the server's URL. */
  String url() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  /** Returns the resources of a kind, such as {@code Pod}, by name. */
  <T extends HasMetadata> List<T> all(Class<T> kind) {
    return resources.values().stream()
        .filter(resource -> resource.path("kind").asText().equals(kind.getSimpleName()))
        .map(resource -> Serialization.unmarshal(resource.toString(), kind))
        .toList();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      switch (exchange.getRequestMethod()) {
        case "POST", "PATCH" -> {
          // The body of an apply is JSON, too.
          ObjectNode resource = (ObjectNode) json.readTree(exchange.getRequestBody());
          String name = resource.at("/metadata/name").asText();
          ((ObjectNode) resource.get("metadata"))
              .put("uid", UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString());
          String at = path.endsWith("/" + name) ? path : path + "/" + name;
          resources.put(at, resource);
          respond(exchange, HttpURLConnection.HTTP_CREATED, resource);
        }
        case "GET" -> {
          JsonNode resource = resources.get(path);
          respond(
              exchange,
              resource == null ? HttpURLConnection.HTTP_NOT_FOUND : HttpURLConnection.HTTP_OK,
              resource == null ? json.createObjectNode().put("kind", "Status") : resource);
        }
        default -> exchange.sendResponseHeaders(HttpURLConnection.HTTP_BAD_METHOD, -1);
      }
    }
  }

  private void respond(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = json.writeValueAsBytes(body);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
