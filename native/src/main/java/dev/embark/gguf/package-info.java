/**
 * Reader and writer of the GGUF file format, version 3, without dependencies beyond the JDK.
 *
 * <pre>
 *  GgufValue ─┐                                  ┌─► metadata: key → GgufValue
 *             ├─► GgufWriter ──► file ──► GgufHeader
 *  FloatBuffer┘   (one tensor in memory)         └─► tensors: name, type, shape, place in the file
 * </pre>
 *
 * <p>A file contains: magic number, version, counts, metadata, tensor infos, padding, tensor data.
 * All numbers are little-endian. Shapes list the fastest-moving dimension first: a weight that maps
 * {@code in} features to {@code out} features has the shape {@code [in, out]} and consecutive rows
 * of {@code in} values.
 *
 * <p>Ownership: no object keeps a file open. {@link dev.embark.gguf.GgufWriter} opens and closes
 * its output within {@code writeTo}; {@link dev.embark.gguf.GgufHeader} is a plain value after
 * reading.
 */
package dev.embark.gguf;
