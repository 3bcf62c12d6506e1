package dev.embark.engine.text;

import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.ControlTokens.Spelling;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Pairs of a decoder, which are written into a prompt. Control tokens are those of the prompt
 * alone: their spelling in a query, a document or an instruction remains text.
 *
 * <pre>
 *  &lt;|im_start|&gt;system … &lt;Query&gt;: QUERY      &lt;Document&gt;: DOCUMENT&lt;|im_end|&gt; …
 *  └───────── before ────────┘└─ tokenised together ─┘└─ together ─┘└──── after ───┘
 * </pre>
 *
 * <p>Texts are tokenised together with what surrounds them up to the nearest place where tokens
 * always end: a control token, or a space, which belongs to the word behind it.
 */
final class TemplatePairs implements PairForm {
  private static final String SPACE = " ";

  private final Vocabulary vocabulary;
  private final int[] before;
  private final int[] between;
  private final int[] after;
  private final int[] joint; // of what follows the text that is tokenised with the query
  private final byte[] queryLead; // tokenised with the query
  private final byte[] queryEnd;
  private final byte[] documentLead; // tokenised with the document

  /**
   * A fixed part of the template.
   *
   * @param fixed tokenised by itself
   * @param lead tokenised with the text that follows
   */
  private record Part(String fixed, String lead) {}

  /**
   * Tokenises the fixed parts of a prompt.
   *
   * @throws EmbarkException of kind OPTION when there is an instruction, but no place for it
   */
  TemplatePairs(
      LlamaModel model, Vocabulary vocabulary, RerankTemplate template, RerankOptions options) {
    this.vocabulary = vocabulary;
    ControlTokens controls = ControlTokens.of(model);
    Part opening = part(template.before(), controls);
    Part middle = part(template.between(), controls);
    this.queryLead = opening.lead().getBytes(StandardCharsets.UTF_8);
    this.documentLead = middle.lead().getBytes(StandardCharsets.UTF_8);
    int plain =
        controls.in(middle.fixed()).stream()
            .mapToInt(Spelling::from)
            .findFirst()
            .orElse(middle.fixed().length());
    this.queryEnd = middle.fixed().substring(0, plain).getBytes(StandardCharsets.UTF_8);
    this.joint = vocabulary.trusted(middle.fixed().substring(plain));
    this.between = vocabulary.trusted(middle.fixed());
    this.after = vocabulary.trusted(template.after());
    try (ChatTokenizer chat = new ChatTokenizer(model, vocabulary)) {
      this.before =
          chat.ids(instructed(model, opening.fixed(), options.instruction()), () -> false);
    }
  }

  /** Divides what precedes a text at the last place where tokens always end. */
  private static Part part(String text, ControlTokens controls) {
    if (text.endsWith(SPACE)) {
      return new Part(text.substring(0, text.length() - SPACE.length()), SPACE);
    }
    List<Spelling> found = controls.in(text);
    int end = found.isEmpty() ? 0 : found.get(found.size() - 1).to();
    return new Part(text.substring(0, end), text.substring(end));
  }

  /** Returns what precedes the query, with the given instruction in place of the model's own. */
  private static Text instructed(LlamaModel model, String before, Optional<String> given) {
    if (given.isEmpty()) {
      return Text.of(before);
    }
    String own = RerankTemplate.instruction(before + SPACE, model::metadata).orElse("");
    int at = own.isEmpty() ? -1 : before.lastIndexOf(own);
    if (at < 0) {
      throw noInstruction(model);
    }
    return Text.of(before.substring(0, at))
        .plus(Text.of(given.get(), Origin.SYSTEM))
        .plus(Text.of(before.substring(at + own.length())));
  }

  /** Returns the error for an instruction that the pairs of a model have no place for. */
  static EmbarkException noInstruction(LlamaModel model) {
    return new EmbarkException(
        Kind.OPTION,
        "The model "
            + model.path()
            + " has no place for an instruction in its pairs of texts; leave out instruction.");
  }

  /** Authors of such models cut the end of the two texts in the prompt, which is the document's. */
  @Override
  public boolean keepsQuery() {
    return true;
  }

  @Override
  public int[] before() {
    return before;
  }

  @Override
  public int[] between() {
    return between;
  }

  @Override
  public int[] after() {
    return after;
  }

  @Override
  public int[] joined(byte[] text, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    int[] ids = ids(joined(queryLead, text, queryEnd), Integer.MAX_VALUE, scratch, isCancelled);
    return joint.length == 0
        ? ids
        : IntStream.concat(Arrays.stream(ids), Arrays.stream(joint)).toArray();
  }

  @Override
  public int[] query(byte[] text, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    return ids(joined(queryLead, text), Integer.MAX_VALUE, scratch, isCancelled);
  }

  @Override
  public int[] document(
      byte[] text, int enough, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    return ids(joined(documentLead, text), enough, scratch, isCancelled);
  }

  private static byte[] joined(byte[]... parts) {
    ByteBuffer all = ByteBuffer.allocate(Arrays.stream(parts).mapToInt(p -> p.length).sum());
    Arrays.stream(parts).forEach(all::put);
    return all.array();
  }

  private int[] ids(byte[] text, int enough, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    int n = vocabulary.write(text, text.length, scratch, false, enough, isCancelled);
    int[] ids = new int[n];
    scratch.ids().position(scratch.size()).get(ids);
    scratch.ids().position(0);
    return ids;
  }
}
