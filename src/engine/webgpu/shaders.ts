/**
 * The shaders, with the declarations of what their host binds to them.
 *
 * @module
 */
import { main, type ShaderName, shaders as texts } from "../generated/shaders.ts";

export type { ShaderName };

/** A shader. */
export interface Shader {
  readonly code: string;
  /** Whether each buffer of group 0 is written, not only read, in order. */
  readonly written: readonly boolean[];
  /** The types of the uniform arguments in group 1, in order: u32, i32 or f32. */
  readonly arguments: readonly string[];
}

/** How a `main` begins, all builtins at hand. */
const MAIN = "@compute@workgroup_size($1)fn main(@builtin(workgroup_id)W:vec3u,@builtin(num_workgroups)X:vec3u," +
  "@builtin(local_invocation_id)V:vec3u,@builtin(local_invocation_index)Y:u32)";

/** The shader of two lines and a body: the buffers' types, each with a `!` if it is written, and the arguments'. */
function shaderOf(text: string): Shader {
  const [buffers, types, body] = text.split("\n") as [string, string, string];
  const written: boolean[] = [], args = types.match(/\w+/g) ?? [];
  let code = buffers.replace(/([^,!]+)(!?),?/g, (_, type, mark) => {
    const at = written.push(mark !== "") - 1, access = mark ? "read_write" : "read";
    return `@group(0)@binding(${at})var<storage,${access}>${"ABCDEFGHIJKLM"[at]}:array<${type}>;`;
  });
  if (args.length > 0) {
    const fields = args.map((type, i) => `${"abcdefghijklm"[i]}:${type},`).join("");
    code += `struct Arguments{${fields}}@group(1)@binding(0)var<uniform>Z:Arguments;`;
  }
  code += body + (body.includes("@main") ? "" : main);
  return { code: code.replace(/@main\((.*?)\)/, MAIN), written, arguments: args };
}

/** Every shader by its name. */
export const shaders = Object.fromEntries(
  Object.entries(texts).map(([name, text]) => [name, shaderOf(text)]),
) as Readonly<Record<ShaderName, Shader>>;
