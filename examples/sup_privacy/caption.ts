/**
 * What the table says and what it does not: it goes with it wherever it is printed.
 *
 * @module
 */
import type { Settings } from "./args.ts";
import { leftOutSentence, type Report } from "./report.ts";
import { verdict } from "./verdict.ts";

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
  report: Report,
  settings: Settings,
  engine: string,
  columns: number,
): string {
  const { data, suppressed, seed, seconds } = report, { images } = suppressed.inversion;
  const one = images === 1;
  const paragraphs = [
    verdict(report),
    `Accuracy: share of the ${data.test} test images (${data.name}) read rightly. Weights left: share of the layers' weights ` +
    `that are not exactly zero, counted, hence without an interval; ${suppressed.operations} suppress operations did it for ` +
    `the suppressed network. Of the last network whole units of fc1 were silenced, ${settings.units} of 120 are left.`,
    `The attacks: whoever knows a network and the outputs of fc1 behind its ReLU that it computed of a training image ` +
    `searches for an image with the same ones, by 100 steps of the gradient's sign (the tutorial's attack) or by 1000 steps ` +
    `of Adam (a stronger one); or trains a decoder from such outputs to images, on other training images. ` +
    `Identified: the image found correlates more with its original than with each of the decoys, other training images of ` +
    `the same digit. L2 distance: of the image found from the original, relative to the original's length; SSIM: their ` +
    `structural similarity, 1 if they are the same (data range 1); confidence: the probability that a second ` +
    `ordinary network, trained apart with seed ${
      seed + 1
    }, gives the true digit when it sees the image found: it says that the class got through, ` +
    `which any accurate network lets through. The last column says in which direction a figure is more private.${
      leftOutSentence([suppressed.inversion])
    }`,
    `${one ? "Measured on 1 training image" : `Means over ${images} training images`} drawn by seed ${seed} from the ` +
    `${data.train} trained on. ${
      one ? "One image gives no interval for them" : "In brackets: 95 % intervals"
    } (shares: ` +
    `Wilson's score; else Student's t). They tell how much the choice of images matters, not how another training run ` +
    `would come out: each network was trained once.`,
    `The networks were trained by different optimizers (ordinary: momentum 0.9, rate 0.01; suppressed: SGD, rate ` +
    `${settings.lr}, by unit with a fifth of it at the end), so a part of the differences is the optimizer's, not ` +
    `suppression's. And these are three attacks: that they fail proves nothing, and a stronger attacker may see more.`,
    `Computed by ${engine} in ${
      seconds.toFixed(1)
    } s; each network trained for ${settings.epochs} epochs in batches of ` +
    `${settings.batchSize}.`,
  ];
  return `${paragraphs.map((paragraph) => wrapped(paragraph, columns)).join("\n\n")}\n`;
}
