package dev.embark.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;

/** Buffered writer of little-endian numbers and strings to a channel that it does not own. */
final class LittleEndianOutput {

  private static final int BUFFER_BYTES = 1 << 16;

  private final SeekableByteChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long flushed;

  LittleEndianOutput(SeekableByteChannel channel) {
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

  /** Continues at an earlier position; what was written after it is lost. */
  void returnTo(long position) throws IOException {
    flush();
    channel.position(channel.position() - (flushed - position));
    flushed = position;
  }

  /** Replaces a number that was written before. */
  void patchInt32(long position, int value) throws IOException {
    flush();
    long end = channel.position();
    channel.position(end - (flushed - position));
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, value);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.position(end);
  }

  private ByteBuffer room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }
}
