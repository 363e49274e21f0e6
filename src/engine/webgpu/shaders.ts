/**
 * The shaders, and what their host must know of each, read off their code.
 *
 * @module
 */
import { type ShaderName, shaders as codes } from "../generated/shaders.ts";

export type { ShaderName };

/** A shader. */
export interface Shader {
  readonly code: string;
  /** Whether each binding of group 0 is read only or written too, in order. */
  readonly bindings: readonly ("read" | "read_write")[];
  /** The types of the uniform arguments in group 1, in order: u32, i32 or f32. */
  readonly arguments: readonly string[];
}

function shaderOf(code: string): Shader {
  const types = /struct Arguments \{([^}]*)\}/.exec(code)?.[1] ?? "";
  return {
    code,
    bindings: Array.from(code.matchAll(/var<storage, (\w+)>/g), ([, access]) => access as "read" | "read_write"),
    arguments: Array.from(types.matchAll(/: (\w+)/g), ([, type]) => type!),
  };
}

/** Every shader by its name. */
export const shaders = Object.fromEntries(
  Object.entries(codes).map(([name, code]) => [name, shaderOf(code)]),
) as Readonly<Record<ShaderName, Shader>>;
