package dev.embark.job.scan;

import dev.embark.job.cli.UserError;

/** Error messages for faults of text files, with the line and the remedy. */
final class TextFaultMessage {
  private final TextOptions options;

  TextFaultMessage(TextOptions options) {
    this.options = options;
  }

  /** Returns the error for a fault in a file. */
  UserError of(TextFileScan scan, TextFault fault) {
    String file = scan.path();
    long line = fault.line();
    return new UserError(
        switch (fault.kind()) {
          case BYTES ->
              "Line %d of %s has bytes that are not %s; %s"
                  .formatted(line, file, scan.charset(), encoding("ISO-8859-1"));
          case LOOKS_LIKE_UTF_16LE ->
              "%s looks like UTF-16LE and would be read as %s; %s"
                  .formatted(file, scan.charset(), encoding("UTF-16LE"));
          case LOOKS_LIKE_UTF_16BE ->
              "%s looks like UTF-16BE and would be read as %s; %s"
                  .formatted(file, scan.charset(), encoding("UTF-16BE"));
          case MARK_OF_UTF_8 ->
              "%s begins with the byte order mark of UTF-8 and would be read as %s; leave --input-option encoding out, or say UTF-8"
                  .formatted(file, scan.charset());
          case OPEN_QUOTE ->
              options.isMultiLine()
                  ? "The quote that opens in line %d of %s is never closed, so all lines behind it would be one text; close it, or say how quotes are written with --input-option quote=… or escape=…"
                      .formatted(line, file)
                  : "Line %d of %s opens a quote and does not close it; set --input-option multiLine=true if quoted texts go over several lines, or quote=… or escape=… if quotes are written otherwise"
                      .formatted(line, file);
          case TEXT_AFTER_QUOTE ->
              "The field that a quote opens in line %d of %s continues after its closing quote, so a quote is missing or not doubled there; correct it, or say how quotes are written with --input-option quote=… or escape=…, such as escape=\\"
                  .formatted(line, file);
          case OTHER_LINE_END ->
              "Line %d of %s ends in a line feed and the first line does not, so Spark would join it with the next; give all lines the same end, or quote texts that hold one"
                  .formatted(line, file);
          case SECOND_DOCUMENT ->
              options.isMultiLine()
                  ? "Line %d of %s begins a second JSON document, which Spark would drop because it reads one from each file; make the documents one array, or set --input-option multiLine=false if each is on a line of its own"
                      .formatted(line, file)
                  : "Line %d of %s has a second JSON document, which Spark would drop; put each document on a line of its own"
                      .formatted(line, file);
          case TEXT_AFTER_DOCUMENT ->
              "Line %d of %s continues after its JSON document, and Spark would drop the rest; correct it"
                  .formatted(line, file);
          case OVER_LINES ->
              "The JSON document that begins in line %d of %s continues on the next line; set --input-option multiLine=true if each file is one document, and read files with a document on each line separately"
                  .formatted(line, file);
          case OPEN_DOCUMENT ->
              "The JSON document that begins in line %d of %s has no end, so the file is incomplete; copy it again, or set --input-option multiLine=false if each document is on a line of its own"
                  .formatted(line, file);
          case MORE_FIELDS ->
              "Line %d of %s has %d fields for %d columns, so Spark would drop some; quote fields that hold the separator, or set --input-option mode=PERMISSIVE to have them dropped"
                  .formatted(line, file, fault.found(), fault.expected());
          case FEWER_FIELDS ->
              "Line %d of %s has %s for %d columns; quote fields that hold a line end, or set --input-option mode=PERMISSIVE to read the missing ones as NULL"
                  .formatted(
                      line,
                      file,
                      fault.found() == 1 ? "1 field" : fault.found() + " fields",
                      fault.expected());
        });
  }

  /** Returns the remedy for an encoding fault. */
  private String encoding(String example) {
    if (options.isCsv()) {
      return "say how it is written with --input-option encoding=%s or another".formatted(example);
    }
    if (options.isJson()) {
      return options.isMultiLine()
          ? "say how it is written with --input-option encoding=%s or another".formatted(example)
          : "say how it is written with --input-option encoding=%s or another, and --input-option lineSep=$'\\n'"
              .formatted(example);
    }
    return "Spark reads plain text as UTF-8 alone, so convert it first, as by iconv -f %s -t UTF-8"
        .formatted(example);
  }

  /** Returns the error for files whose headers differ. */
  UserError ofHeaders(TextFileScan first, TextFileScan other) {
    return new UserError(
        "%s and %s have different header lines, and Spark would take the columns of both by position; read them separately, or set --input-option enforceSchema=true if the positions are right"
            .formatted(first.path(), other.path()));
  }

  /** Returns the error for an encoding whose characters Spark would split at line ends. */
  UserError ofCutCharacters(String input) {
    return new UserError(
        "%s is read as %s line by line, and Spark would cut its lines within characters; set --input-option multiLine=true"
            .formatted(input, options.charset()));
  }
}
