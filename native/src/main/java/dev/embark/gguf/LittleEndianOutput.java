package dev.embark.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/** Buffered writer of little-endian numbers and strings to a channel that it does not own. */
final class LittleEndianOutput {

  private static final int BUFFER_BYTES = 1 << 16;

  private final WritableByteChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long flushed;

  LittleEndianOutput(WritableByteChannel channel) {
    this.channel = channel;
  }

  /** Returns the number of bytes written so far, including buffered ones. */
  long position() {
    return flushed + buffer.position();
  }

  void int8(int value) throws IOException {
    room(Byte.BYTES).put((byte) value);
  }

  void int16(int value) throws IOException {
    room(Short.BYTES).putShort((short) value);
  }

  void int32(int value) throws IOException {
    room(Integer.BYTES).putInt(value);
  }

  void int64(long value) throws IOException {
    room(Long.BYTES).putLong(value);
  }

  /** Writes the length in bytes, then the UTF-8 bytes. */
  void string(String value) throws IOException {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    int64(utf8.length);
    for (int at = 0; at < utf8.length; ) {
      int n = Math.min(room(1).remaining(), utf8.length - at);
      buffer.put(utf8, at, n);
      at += n;
    }
  }

  /** Writes zeros up to the next multiple of {@code alignment}. */
  void pad(int alignment) throws IOException {
    while (position() % alignment != 0) {
      int8(0);
    }
  }

  /** Writes the buffer to the channel. */
  void flush() throws IOException {
    buffer.flip();
    flushed += buffer.remaining();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  private ByteBuffer room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }
}
