// node-llama-cpp on one thread as a side of bench/generate.sh.
//
//   node node-llama-cpp.mjs FOLDER MODEL.gguf PROMPTS.txt SEQUENCES TOKENS OUT.json
//
// FOLDER has its node_modules. Each sequence answers the next prompt as soon as it is free.

import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [folder, modelPath, promptsPath, sequences, tokens, out] = process.argv.slice(2);
const entry = path.join(folder, "node_modules/node-llama-cpp/dist/index.js");
const { getLlama } = await import(pathToFileURL(entry));
const prompts = fs.readFileSync(promptsPath, "utf8").trimEnd().split("\n");
const most = Number(tokens);

const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: "error" });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: 256, sequences: Number(sequences), threads: 1, flashAttention: false, batchSize: 512,
});
const opening = model.tokens.shouldPrependBosToken ? [model.tokens.bos] : [];
const free = [];
for (let i = 0; i < Number(sequences); i++) {
  free.push(context.getSequence());
}

async function answer(texts) {
  const answers = new Array(texts.length);
  let count = 0;
  let next = 0;
  await Promise.all(free.map(async (sequence) => {
    while (next < texts.length) {
      const row = next++;
      await sequence.clearHistory();
      const generated = [];
      for await (const token of sequence.evaluate([...opening, ...model.tokenize(texts[row])], { temperature: 0 })) {
        count++;
        if (model.isEogToken(token)) {
          break;
        }
        generated.push(token);
        if (generated.length >= most) {
          break;
        }
      }
      answers[row] = model.detokenize(generated);
    }
  }));
  return { answers, tokens: count };
}

await answer(prompts.slice(0, 2));
const start = process.cpuUsage();
const result = await answer(prompts);
const used = process.cpuUsage(start);
fs.writeFileSync(out, JSON.stringify({ ...result, cpuSeconds: (used.user + used.system) / 1e6 }));
process.exit(0);
