package dev.embark.spark.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.spark.compat.Scala;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.json.CreateJacksonParser$;
import org.apache.spark.sql.catalyst.json.JSONOptions;
import org.apache.spark.sql.catalyst.json.JacksonParser;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import scala.Function1;
import scala.Function2;

/**
 * Parses answers as Spark's {@code from_json} does in mode FAILFAST. A key that an answer has twice
 * has its last value. Not thread-safe.
 */
public final class AnswerParser {
  // Spark parses objects, arrays and maps only; this field holds a value of any type.
  private static final String FIELD = "answer";
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private final DataType type;
  private final JacksonParser parser;

  /** A parser for the time zone of the running session. */
  public AnswerParser(DataType type) {
    this.type = type;
    JSONOptions options =
        new JSONOptions(
            scala.collection.immutable.Map$.MODULE$.<String, String>empty(),
            SQLConf.get().sessionLocalTimeZone(),
            "");
    this.parser =
        new JacksonParser(new StructType().add(FIELD, type), options, false, Scala.seq(List.of()));
  }

  /**
   * The value of an answer, as Spark's rows have it; null if the answer is {@code null}.
   *
   * @throws EmbarkException of kind MODEL if the text is no value of the type, or has the character
   *     U+FFFD, which no grammar of a schema allows, in place of bytes that are no UTF-8
   */
  public Object parse(String text) {
    if (text.indexOf('\uFFFD') >= 0) {
      throw new EmbarkException(
          Kind.MODEL, "The answer has bytes that are no UTF-8, which the model wrote one by one.");
    }
    try {
      // Rewritten, because Spark keeps the earlier values of a map's key.
      String json = "{\"" + FIELD + "\":" + JSON.readTree(text) + "}";
      Function2<JsonFactory, String, JsonParser> create = CreateJacksonParser$.MODULE$::string;
      Function1<String, UTF8String> record = UTF8String::fromString;
      List<InternalRow> rows = Scala.list(parser.parse(json, create, record));
      return rows.get(0).get(0, type);
    } catch (JsonProcessingException | RuntimeException e) {
      // The reason may quote the answer.
      throw new EmbarkException(
          Kind.MODEL, "The answer is no JSON value of the type " + type.catalogString() + ".", e);
    }
  }
}
