/**
 * What Spark's readers would silently misread in files: text of another encoding, quotes and
 * documents without an end, lines with other fields; Parquet and ORC files with other columns.
 *
 * <pre>
 *  TextCheck ──► TextFileScan, one per file or part of a large one
 *                 └── TextReading ──► CsvScanner or JsonScanner ──► TextFault ──► TextFaultMessage
 *                      └── DocumentLines ──► Spark infers the columns of JSON in the same pass
 *  FooterCheck ──► FileFooter, one per file
 * </pre>
 *
 * <p>Scans and footers are read in the tasks of a Spark job; everything else runs on the driver.
 */
package dev.embark.job.scan;
