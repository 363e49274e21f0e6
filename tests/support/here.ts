/** What is missing where the tests run, as the reason to skip those that need it; false where it is there. */
import { threadStarter } from "../../src/runtime/threads.ts";

const { process } = globalThis as { process?: { readonly versions?: { readonly node?: string } } };

/** Threads that share memory. */
export const noThreads: string | false = threadStarter() ? false : "this runtime shares no memory among threads";

/** Node's modules: files, processes, a command line. */
export const noNode: string | false = process?.versions?.node ? false : "this runtime has none of Node's modules";

/** Requests to answer: a page sends them only, and Firefox's cannot read what they hold. */
export const inPage: string | false = "document" in globalThis && "this is a page, which answers no requests";
