/**
 * Protocol between the benchmark and a side of the comparison. Each side is a separate process,
 * since their native libraries and class paths do not agree with one another; it lives for the
 * whole run, so that rounds of all sides can alternate.
 *
 * <pre>
 *  the bench ──command, a line──► standard input   SideMain ──► Side ──► Side.Work
 *            ◄──reply, a line─── standard output            ◄──
 * </pre>
 *
 * <p>Commands are tab-separated fields: {@code prepare NAME FILE COUNT BATCH}, {@code run NAME},
 * {@code vectors NAME FILE} and {@code quit}. Replies start with {@code @side}, as native libraries
 * may print lines of their own: {@code ready}, {@code done TOKENS}, {@code failed REASON}. A file
 * of texts has one in each line, in UTF-8; a file of vectors has two 32-bit integers, rows and
 * dimensions, and then the floats, all little-endian.
 */
package dev.embark.bench.side;
