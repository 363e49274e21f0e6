/**
 * What is needed of fflate, by name: a bundler leaves out the rest.
 *
 * @module
 */
export { Gunzip } from "fflate";
