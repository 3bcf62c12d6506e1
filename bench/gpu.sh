#!/usr/bin/env bash
# Measures Embark on a GPU by batch size and number of contexts, against the CPU and
# sentence-transformers, on the same texts and weights, in turns.
#
#   bench/gpu.sh [--backend cuda|vulkan] [--bundle DIR] [--gpu N] [--contexts N,...]
#                [--batch-tokens N,...] [--tasks N] [--python PROGRAM] [--rounds N] [--seconds S]
#                [--json FILE|-] [--save DIR]
#
# Builds everything that is needed into a folder and measures there. With --bundle it only builds the
# folder, for a machine that has a GPU and neither JDK nor Maven: DIR/measure takes the other options,
# and its --help lists them. The default backend is cuda.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
help_of "${BASH_SOURCE[0]}" "$@"
backend=cuda bundle=
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --backend | --bundle)
      [ $# -gt 1 ] || bad_usage bench/gpu.sh "Missing required parameter for option '$1'"
      case $1 in --backend) backend=$2 ;; *) bundle=$2 ;; esac
      shift ;;
    *) options+=("$1") ;;
  esac
  shift
done
case $backend in cuda | vulkan) ;; *) bad_usage bench/gpu.sh "--backend is cuda or vulkan, not $backend" ;; esac
check_arguments "$root/bench/options" gpu bench/gpu.sh "${options[@]}"
measure=
[ -n "$bundle" ] || { measure=yes; bundle=$root/bench/target/gpu; }
[ -f "$bundle/measure" ] || [ -z "$(ls -A "$bundle" 2>/dev/null)" ] \
  || fail "$bundle has other files in it; name a new folder."

bring_wordnet
say "building Embark with llama.cpp's library for $backend"
(cd "$root" && mvn -q -B -ntp "-P$backend" -pl "bench,native/$backend" -am -DskipTests \
  -Dspotless.check.skip package && mvn -q -B -ntp -pl native/model dependency:unpack@model-of-tests) >&2 \
  || fail "the build failed; see above."
onnx=$root/native/model/target/onnx

say "making $bundle"
rm -rf "$bundle"
mkdir -p "$bundle/lib" "$bundle/wordnet"
bundle=$(cd "$bundle" && pwd)
minilm=$bundle/models/all-MiniLM-L6-v2 bge=$bundle/models/bge-small-en-v1.5
mkdir -p "$minilm" "$bge"
cp "$root/native/model/target/classes/dev/embark/model/all-MiniLM-L6-v2-f16.gguf" "$minilm/model.gguf"
cp "$onnx/all-minilm-l6-v2-tokenizer.json" "$minilm/tokenizer.json"
java -cp "$root/native/model/target/classes:$(cat "$root/native/model/target/classpath")" \
  dev.embark.model.convert.ConvertModel --onnx "$onnx/bge-small-en-v1.5.onnx" \
  --tokenizer "$onnx/bge-small-en-v1.5-tokenizer.json" --output "$bge/model.gguf" \
  --name bge-small-en-v1.5 --license mit --pooling cls --heads 12 --context 512 --type f16
cp "$onnx/bge-small-en-v1.5-tokenizer.json" "$bge/tokenizer.json"
tr : '\n' <"$root/bench/target/classpath" \
  | grep -E '/(embark-|arrow-|flatbuffers-|jackson-|javacpp-|netty-buffer-|netty-common-|picocli-|slf4j-api-)[^/]*\.jar$' \
  | xargs cp -t "$bundle/lib"
rm "$bundle"/lib/embark-model-minilm-*.jar
cp "$root"/bench/target/embark-bench-*.jar "$root/native/$backend/target/embark-native-$backend-"*.jar "$bundle/lib"
cp "$wordnet"/dict/data.* "$bundle/wordnet"
cp "$root/bench/rivals/sentence-transformers/side.py" "$root/bench/target/java.args" \
  "$root/bench/src/main/bundle/measure" "$bundle"
commit >"$bundle/commit"
jlink --add-modules java.logging,java.management,java.security.jgss,java.sql,jdk.management,jdk.unsupported \
  --strip-debug --no-header-files --no-man-pages --compress 2 --output "$bundle/java"
[ -z "$measure" ] || exec "$bundle/measure" "${options[@]}"
