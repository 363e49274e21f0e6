/** A test file as one module for a page or a worker, with stand-ins for what only Node's kind has. */
import { join, relative } from "node:path";
import { checkout, folder, load } from "./tools.ts";

interface Resolution {
  readonly path: string;
  readonly external?: boolean;
}

interface Esbuild {
  build(options: {
    readonly stdin: {
      readonly contents: string;
      readonly resolveDir: string;
      readonly loader: "ts";
    };
    readonly absWorkingDir: string;
    readonly bundle: true;
    readonly write: false;
    readonly minify: boolean;
    readonly metafile: true;
    readonly outdir: string;
    readonly splitting: boolean;
    readonly sourcemap: "external" | false;
    readonly format: "esm";
    readonly target: string;
    readonly conditions?: readonly string[];
    readonly external?: readonly string[];
    readonly logLevel: "error";
    readonly define: Readonly<Record<string, string>>;
    readonly plugins: readonly {
      readonly name: string;
      setup(build: {
        onResolve(
          options: { readonly filter: RegExp },
          callback: (
            found: { readonly path: string; readonly importer: string },
          ) => Resolution,
        ): void;
      }): void;
    }[];
  }): Promise<{
    readonly outputFiles: readonly OutputFile[];
    readonly metafile: {
      readonly outputs: Readonly<
        Record<string, { readonly imports: readonly { readonly path: string; readonly kind: string }[] }>
      >;
    };
  }>;
}

interface OutputFile {
  readonly path: string;
  readonly contents: Uint8Array;
  readonly text: string;
}

const page = (name: string) => join(folder, "page", name);
const STAND_INS: Readonly<Record<string, string>> = {
  "node:test": "node_test.ts",
  "node:assert": "node_assert.ts",
};

const standIns = {
  name: "stand-ins",
  setup(
    build: Parameters<
      Parameters<Esbuild["build"]>[0]["plugins"][number]["setup"]
    >[0],
  ) {
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      // What the library asks of Node it must do without, as it would in any page.
      if (importer.startsWith(join(checkout, "src"))) {
        return { path, external: true };
      }
      return { path: page(STAND_INS[path] ?? "node_module.cjs") };
    });
  },
};

/** How to bundle. */
interface BundleOptions {
  readonly minify?: boolean;
  readonly conditions?: readonly string[];
  readonly external?: readonly string[];
}

async function built(source: string, options: BundleOptions, splitting: boolean, sourcemap: "external" | false) {
  const { minify = false, ...rest } = options;
  const { build } = load<Esbuild>("esbuild");
  return await build({
    stdin: { contents: source, resolveDir: folder, loader: "ts" },
    absWorkingDir: checkout,
    bundle: true,
    write: false,
    minify,
    metafile: true,
    outdir: checkout,
    splitting,
    sourcemap,
    format: "esm",
    target: "es2022",
    logLevel: "error",
    // Workers have none.
    define: { "import.meta.url": '"http://localhost/tests/module.js"' },
    plugins: [standIns],
    ...rest,
  });
}

/** A module of the given source, written as if it lay in this folder, with all it imports. */
export async function bundle(source: string, options: BundleOptions = {}): Promise<Uint8Array> {
  return (await built(source, options, false, false)).outputFiles[0]!.contents;
}

/** The same, minified, and its source map. */
export async function bundleWithMap(source: string): Promise<{ readonly code: string; readonly map: string }> {
  const { outputFiles } = await built(source, { minify: true }, false, "external");
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))!.text;
  return { code: text(".js"), map: text(".map") };
}

/**
 * The same, minified, split where modules are imported when they are first needed: the files that are loaded at first.
 */
export async function firstLoad(source: string): Promise<Uint8Array[]> {
  const { outputFiles, metafile: { outputs } } = await built(source, { minify: true }, true, false);
  const contents = new Map(outputFiles.map(({ path, contents }) => [relative(checkout, path), contents]));
  const first = new Set(["stdin.js"]);
  // A set goes on to what is added meanwhile.
  for (const name of first) {
    for (const { path, kind } of outputs[name]!.imports) {
      if (kind === "import-statement" && outputs[path]) first.add(path);
    }
  }
  return [...first].map((name) => contents.get(name)!);
}

/** Source of a module that runs a test file when the function of that name is called. */
export function runnerOf(file: string, name: string): string {
  const path = JSON.stringify(join(checkout, file));
  return `import { run } from "./page/node_test.ts";
    export const ${name} = () => run(${JSON.stringify(file)}, () => import(${path}));`;
}
