/** A test file as one module for a page or a worker, with stand-ins for what only Node's kind has. */
import { join } from "node:path";
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
  }): Promise<
    { readonly outputFiles: readonly { readonly contents: Uint8Array }[] }
  >;
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

/** A module of the given source, written as if it lay in this folder, with all it imports. */
export async function bundle(
  source: string,
  options: {
    readonly minify?: boolean;
    readonly conditions?: readonly string[];
    readonly external?: readonly string[];
  } = {},
): Promise<Uint8Array> {
  const { minify = false, ...rest } = options;
  const { build } = load<Esbuild>("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder, loader: "ts" },
    absWorkingDir: checkout,
    bundle: true,
    write: false,
    minify,
    format: "esm",
    target: "es2022",
    logLevel: "error",
    // Workers have none.
    define: { "import.meta.url": '"http://localhost/tests/module.js"' },
    plugins: [standIns],
    ...rest,
  });
  return outputFiles[0]!.contents;
}

/** Source of a module that runs a test file when the function of that name is called. */
export function runnerOf(file: string, name: string): string {
  const path = JSON.stringify(join(checkout, file));
  return `import { run } from "./page/node_test.ts";
    export const ${name} = () => run(${JSON.stringify(file)}, () => import(${path}));`;
}
