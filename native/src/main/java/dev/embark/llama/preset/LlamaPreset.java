package dev.embark.llama.preset;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * JavaCPP preset that generates {@code dev.embark.llama.Llama} from {@code embark_llama.h}.
 *
 * <p>The JNI library names no llama.cpp library to link with: {@code dev.embark.llama.LlamaBackend}
 * opens the llama.cpp of the package or of {@code EMBARK_LLAMA_HOME} with global symbols first, so
 * one JNI library serves the CPU, CUDA and Vulkan builds, whose files are named differently.
 */
@Properties(
    value =
        @Platform(
            include = "embark_llama.h",
            define = "EMBARK_LLAMA_IMPLEMENTATION 1",
            library = "jniEmbarkLlama"),
    target = "dev.embark.llama.Llama")
public class LlamaPreset implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("EMBARK_LLAMA_IMPLEMENTATION").define(false));
  }
}
