package dev.embark.gguf;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Buffered reader of little-endian numbers and strings from a channel that it does not own. Never
 * allocates more bytes than the file has left, whatever a length field claims.
 */
final class LittleEndianInput {

  private static final int BUFFER_BYTES = 1 << 16;

  private final FileChannel channel;
  private final long length;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).flip();
  private long loaded;

  LittleEndianInput(FileChannel channel) throws IOException {
    this.channel = channel;
    this.length = channel.size();
  }

  /** Returns the number of bytes read so far. */
  long position() {
    return loaded - buffer.remaining();
  }

  /** Returns the number of bytes up to the end of the file. */
  long remaining() {
    return length - position();
  }

  byte int8() throws IOException {
    return need(Byte.BYTES).get();
  }

  short int16() throws IOException {
    return need(Short.BYTES).getShort();
  }

  int int32() throws IOException {
    return need(Integer.BYTES).getInt();
  }

  long int64() throws IOException {
    return need(Long.BYTES).getLong();
  }

  String string() throws IOException {
    long size = int64();
    if (size < 0 || size > remaining()) {
      throw new EOFException();
    }
    byte[] utf8 = new byte[Math.toIntExact(size)];
    for (int at = 0; at < utf8.length; ) {
      int n = Math.min(need(1).remaining(), utf8.length - at);
      buffer.get(utf8, at, n);
      at += n;
    }
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private ByteBuffer need(int bytes) throws IOException {
    while (buffer.remaining() < bytes) {
      buffer.compact();
      int n = channel.read(buffer);
      buffer.flip();
      if (n < 0) {
        throw new EOFException();
      }
      loaded += n;
    }
    return buffer;
  }
}
