package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.embark.engine.jinja.JinjaTemplate;
import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.engine.text.ChatTemplate;
import dev.embark.engine.text.PromptTokenizer;
import dev.embark.engine.text.Vocabulary;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.imports.TinyFolder;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Chats that templates of real models render, against transformers: the templates of llama.cpp's
 * own tests, and that of SmolLM2, whose token ids are compared with Hugging Face's tokenizers.
 */
@Tag("models")
class ChatTemplateParityTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-03-05T14:07:09Z");
  private static final int MANY = 60; // templates

  @TempDir private Path temp;

  /** A chat; the system message may be null. */
  record Chat(String system, String user) {}

  private static final List<Chat> CHATS =
      List.of(
          new Chat(null, "Hello there"),
          new Chat("Be brief.", "  What is 1 + 1?\nAnd \"2\"? \n"),
          new Chat("/no_think Sei höflich 😀.\n", "<tool_call>x</tool_call> /think"),
          new Chat(null, "a </think> b [INST] {{ c }} {% d %} <|im_end|>"),
          new Chat(" ", "\tÀ 日本語\r\n"));

  /** Returns what transformers renders for each chat, null where it fails. */
  private JsonNode expected(List<Path> templates, List<Chat> chats, String bos, String eos)
      throws Exception {
    ObjectNode input = JSON.createObjectNode();
    input.put("time", NOW.getEpochSecond()).put("bos", bos).put("eos", eos);
    templates.forEach(template -> input.withArray("templates").add(template.toString()));
    chats.forEach(
        chat ->
            input
                .withArray("chats")
                .addObject()
                .put("system", chat.system())
                .put("user", chat.user()));
    Path in = temp.resolve("input.json");
    Path out = temp.resolve("output.json");
    JSON.writeValue(in.toFile(), input);
    PythonPackages.run("chat_templates.py", in.toString(), out.toString());
    return JSON.readTree(out.toFile());
  }

  private static String specialToken(LlamaModel model, String key) {
    return model.metadata(key).map(id -> model.tokenText(Integer.parseInt(id))).orElse("");
  }

  private static String rendered(JinjaTemplate template, Chat chat, String bos, String eos) {
    List<Map<String, Object>> messages = new ArrayList<>();
    if (chat.system() != null) {
      messages.add(Map.of("role", "system", "content", Text.of(chat.system(), Origin.SYSTEM)));
    }
    messages.add(Map.of("role", "user", "content", Text.of(chat.user(), Origin.USER)));
    Map<String, Object> values = new HashMap<>();
    values.put("messages", messages);
    values.put("tools", null);
    values.put("documents", null);
    values.put("add_generation_prompt", true);
    values.put("bos_token", bos);
    values.put("eos_token", eos);
    try {
      return template.render(values, NOW).chars();
    } catch (JinjaException e) {
      return null;
    }
  }

  @Test
  void templatesOfRealModelsRenderAsInTransformers() throws Exception {
    Path folder = ReleaseFiles.vocabularies().resolve("templates");
    List<Path> templates;
    try (Stream<Path> files = Files.list(folder)) {
      templates = files.filter(file -> file.toString().endsWith(".jinja")).sorted().toList();
    }
    assertThat(templates).hasSizeGreaterThan(MANY);
    JsonNode expected = expected(templates, CHATS, "<s>", "</s>");

    int rendered = 0;
    for (int i = 0; i < templates.size(); i++) {
      JinjaTemplate template = JinjaTemplate.parse(Files.readString(templates.get(i)));
      for (int chat = 0; chat < CHATS.size(); chat++) {
        String text = expected.path(i).path(chat).textValue();
        assertThat(rendered(template, CHATS.get(chat), "<s>", "</s>"))
            .as("%s of %s", CHATS.get(chat), templates.get(i))
            .isEqualTo(text);
        rendered += text == null ? 0 : 1;
      }
    }
    assertThat(rendered).isGreaterThan(MANY * CHATS.size());
  }

  @Test
  void promptsOfSmolLm2HaveTheIdsOfHuggingFace() throws Exception {
    Path gguf = PythonPackages.chatModel();
    VocabularyFile file = VocabularyFile.read(gguf);
    Path template = temp.resolve("smollm2.jinja");
    Files.writeString(template, file.metadata().get("tokenizer.chat_template").asString());
    List<Chat> chats = new ArrayList<>();
    for (String user : UnicodeTexts.random(100, 5)) {
      // Embark deliberately treats the spelling of a control token in a prompt as text.
      if (!user.isEmpty() && !user.contains("<|") && UnicodeTexts.isOfOlderUnicode(user)) {
        chats.add(new Chat(null, user));
        chats.add(new Chat("Answer in one word.\n", "\n" + user + "\n"));
      }
    }
    chats.add(new Chat(null, "What is the capital of France?"));
    JsonNode expected = expected(List.of(template), chats, "<|im_start|>", "<|im_end|>").path(0);
    String tokenizer =
        file.tokenizerJson(
            "null",
            "{'type': 'Sequence', 'pretokenizers': [{'type': 'Digits', 'individual_digits': true},"
                + " {'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true,"
                + " 'use_regex': true}]}",
            "null");

    try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu());
        HuggingFaceIds reference = HuggingFaceIds.ofChats(tokenizer, temp)) {
      assertThat(ChatTemplate.describe(model)).isEqualTo("the model's own");
      for (int i = 0; i < chats.size(); i++) {
        String text = expected.path(i).textValue();
        assertThat(ids(model, chats.get(i), Map.of()))
            .as("%s: %s", chats.get(i), Arrays.toString(text.codePoints().toArray()))
            .isEqualTo(reference.ids(text));
      }
    }
  }

  /** llama.cpp's tokenizer gets the whole chat at once, in which nobody spells a control token. */
  @ParameterizedTest
  @CsvSource({
    "command-r, CohereForAI-c4ai-command-r7b-12-2024-tool_use",
    "deepseek-llm, deepseek-ai-DeepSeek-V3.1",
    "gemma-4, google-gemma-4-31B-it",
    "gpt-2, microsoft-Phi-3.5-mini-instruct",
    "llama-bpe, meta-llama-Llama-3.3-70B-Instruct",
    "llama-spm, mistralai-Mistral-Nemo-Instruct-2407",
    "phi-3, microsoft-Phi-3.5-mini-instruct",
    "qwen2, Qwen-Qwen2.5-7B-Instruct",
    "qwen35, Qwen3.5-4B"
  })
  void promptsHaveTheIdsOfTheWholeChat(String vocabulary, String template) throws Exception {
    Path folder = ReleaseFiles.vocabularies();
    VocabularyFile file = VocabularyFile.read(folder.resolve("ggml-vocab-" + vocabulary + ".gguf"));
    TinyFolder tiny = TinyFolder.bert(temp.resolve("folder"));
    String other = Files.readString(tiny.root().resolve("tokenizer.json"));
    tiny.tokenizer(other, file.tokens().size(), HuggingFaceIds.LONGEST);
    Path weights = temp.resolve("weights.gguf");
    ModelImport.convert(tiny.root(), vocabulary, ImportType.F32, weights);
    Path gguf = temp.resolve("model.gguf");
    file.writeModel(weights, false, gguf);
    String source = Files.readString(folder.resolve("templates/" + template + ".jinja"));

    try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(Acceleration.OFF))) {
      Vocabulary whole = new Vocabulary(model);
      String bos = specialToken(model, "tokenizer.ggml.bos_token_id");
      String eos = specialToken(model, "tokenizer.ggml.eos_token_id");
      for (String user : UnicodeTexts.random(50, 5)) {
        // As Hugging Face does, Embark composes texts, and strips all white space next to a token
        // that absorbs it.
        if (user.isEmpty()
            || user.contains("<")
            || !Normalizer.isNormalized(user, Normalizer.Form.NFC)
            || !user.strip().equals(user.trim())) {
          continue;
        }
        for (Chat chat :
            List.of(new Chat(null, user), new Chat("Be\n brief. ", " " + user + "\n"))) {
          String text = rendered(JinjaTemplate.parse(source), chat, bos, eos);
          assertThat(ids(model, chat, Map.of("chatTemplate", source)))
              .as("%s: %s", chat, Arrays.toString(text.codePoints().toArray()))
              .isEqualTo(whole.trusted(text));
        }
      }
    }
  }

  private static int[] ids(LlamaModel model, Chat chat, Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    if (chat.system() != null) {
      options.put("system", chat.system());
    }
    try (PromptTokenizer tokenizer =
        new PromptTokenizer(model, new Vocabulary(model), GenerateOptions.of(options), 100_000)) {
      GeneratedRows outcomes = new GeneratedRows(1);
      List<byte[]> window = List.of(chat.user().getBytes(StandardCharsets.UTF_8));
      int[] ids = tokenizer.tokenize(window, outcomes, () -> false)[0];
      assertThat(outcomes.error(0)).isNull();
      return ids;
    }
  }
}
