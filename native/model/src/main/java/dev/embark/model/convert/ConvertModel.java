package dev.embark.model.convert;

import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Command that converts one model to GGUF during the build.
 *
 * <pre>
 * --onnx FILE --tokenizer FILE --output FILE.gguf   inputs and output
 * --name TEXT --license ID --heads N                facts that the inputs do not contain
 * --pooling mean|cls --type f32|f16|bf16
 * [--context N] [--epsilon X]                       default: all positions; 1e-12
 * [--stamp FILE]                                    skip the conversion while the stamp is up to date
 * </pre>
 *
 * <p>Also writes {@code FILE.gguf.sha256} next to the output, in the format of {@code sha256sum}.
 */
public final class ConvertModel {

  private ConvertModel() {}

  /**
   * Runs one conversion.
   *
   * @throws IllegalArgumentException when an argument is unknown, missing or invalid
   * @throws IOException when an input cannot be read or converted, or the output cannot be written
   */
  public static void main(String[] args) throws IOException {
    ConvertArguments arguments = ConvertArguments.parse(args);
    Path output = arguments.output();
    Path digest = output.resolveSibling(output.getFileName() + ".sha256");
    List<Path> outputs = List.of(output, digest);
    BuildStamp stamp =
        BuildStamp.of(
            args,
            List.of(arguments.onnx(), arguments.tokenizer()),
            List.of(ConvertModel.class, GgufWriter.class));
    if (arguments.stamp().isPresent() && stamp.isIn(arguments.stamp().get(), outputs)) {
      return;
    }
    Files.createDirectories(output.toAbsolutePath().getParent());
    // A failed run must not leave the old digest next to a new model.
    Files.deleteIfExists(digest);
    BertOnnxToGguf.convert(
            OnnxReader.read(arguments.onnx()),
            WordPieceVocab.read(arguments.tokenizer()),
            arguments.facts())
        .writeTo(output);
    Files.writeString(digest, sha256(output) + "  " + output.getFileName() + "\n");
    if (arguments.stamp().isPresent()) {
      stamp.writeTo(arguments.stamp().get(), outputs);
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
