/** The stress in the runtime that runs this file; the result as a line of JSON. */
import process from "node:process";
import { stress } from "./work.ts";

console.log(JSON.stringify(await stress(Number(process.argv[2]))));
process.exit();
