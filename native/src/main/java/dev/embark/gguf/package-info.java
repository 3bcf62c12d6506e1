/**
 * The GGUF file format, version 3, with nothing but the JDK.
 *
 * <pre>
 *  GgufValue ─┐                                  ┌─► metadata: key → GgufValue
 *             ├─► GgufWriter ──► file ──► GgufHeader
 *  FloatBuffer┘   (one tensor in memory)         └─► tensors: name, type, shape, place in the file
 * </pre>
 *
 * <p>A file is: magic, version, counts, metadata, tensor infos, padding, tensor data. All numbers
 * are little-endian. Shapes are written with the fastest-moving dimension first: a weight that maps
 * {@code in} features to {@code out} features has the shape {@code [in, out]} and its rows, {@code
 * in} values long, lie one after the other.
 *
 * <p>Ownership: nothing here keeps a file open. {@link dev.embark.gguf.GgufWriter} opens its output
 * in {@code writeTo} and closes it before that returns; {@link dev.embark.gguf.GgufHeader} is a
 * plain value once it is read.
 */
package dev.embark.gguf;
