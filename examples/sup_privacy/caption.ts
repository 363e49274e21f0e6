/**
 * What the table says and what it does not: it goes with it wherever it is printed.
 *
 * @module
 */
import type { Settings } from "./args.ts";
import type { Report } from "./report.ts";

/** Breaks a text between words into lines of at most `columns` characters. */
export function wrapped(text: string, columns: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line += line ? ` ${word}` : word;
  }
  return [...lines, line].join("\n");
}

/** The caption of the table, in lines of at most `columns` characters. `engine` is what computed. */
export function caption(
  { data, suppressed, seed, seconds }: Report,
  settings: Settings,
  engine: string,
  columns: number,
): string {
  const { images } = suppressed.inversion;
  const one = images === 1;
  const paragraphs = [
    `Accuracy: share of the ${data.test} test images (${data.name}) read rightly. Weights left: share of the weights of the ` +
    `masked layers that are not exactly zero, counted, hence without an interval; ${suppressed.operations} suppress ` +
    `operations did it.`,
    `The attacks: whoever knows a network and the 120 features it computed of a training image (fc1 behind its ReLU) ` +
    `searches for an image with the same features, by 100 steps of the gradient's sign (the tutorial's attack) or by 1000 ` +
    `steps of Adam (a stronger one). L2 distance: of the image found from the original, relative to the original's length; ` +
    `SSIM: their structural similarity, 1 if they are the same; confidence: the probability that a second ordinary ` +
    `network, trained apart with seed ${
      seed + 1
    }, gives the true digit when it sees the image found. The last column says ` +
    `in which direction a figure is more private.`,
    `${one ? "Measured on 1 training image" : `Means over ${images} training images`} drawn by seed ${seed} from the ` +
    `${data.train} trained on. ${
      one ? "One image gives no interval for them" : "In brackets: 95 % intervals"
    } (accuracy: ` +
    `Wilson's score; else Student's t). They tell how much the choice of images matters, not how another training run ` +
    `would come out: each network was trained once.`,
    `The two networks were trained by different optimizers (ordinary: momentum 0.9, rate 0.01; suppressed: SGD, rate ` +
    `${settings.lr}), so a part of the difference is the optimizer's, not suppression's. And these are two attacks: one that ` +
    `fails proves nothing, and a stronger attacker may see more.`,
    `Computed by ${engine} in ${
      seconds.toFixed(1)
    } s; each network trained for ${settings.epochs} epochs in batches of ` +
    `${settings.batchSize}.`,
  ];
  return `${paragraphs.map((paragraph) => wrapped(paragraph, columns)).join("\n\n")}\n`;
}
