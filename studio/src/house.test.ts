// What the studio holds itself to, read from its own files.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const ROOT = import.meta.dirname;
const MOST_LINES = 350;
const MOST_OF_A_COMPONENT = 150;

const files = readdirSync(ROOT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && entry.name !== "schema.d.ts")
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ name: relative(ROOT, path), text: readFileSync(path, "utf-8") }));

const offenders = (wrong: (file: { name: string; text: string }) => boolean): readonly string[] =>
  files.filter(wrong).map(({ name }) => name);

it("lets no feature know another", () => {
  const foreign = ({ name, text }: { name: string; text: string }) => {
    const own = name.match(/^features\/([^/]+)\//)?.[1];
    const known = [...text.matchAll(/from "@\/features\/([^/"]+)/g)].map(([, feature]) => feature);
    return own !== undefined && known.some((feature) => feature !== own);
  };
  expect(offenders(foreign)).toEqual([]);
});

it("keeps what is below from knowing what is above", () => {
  const upward = ({ name, text }: { name: string; text: string }) =>
    (/^(features|ui|api)\//.test(name) && text.includes('from "@/routes/')) ||
    (/^(ui|api)\//.test(name) && text.includes('from "@/features/'));
  expect(offenders(upward)).toEqual([]);
});

it("says what every value is", () => {
  const loose = /(:|<|as|\|)\s*any\b(?!thing)/;
  expect(
    offenders(
      ({ name, text }) =>
        name !== "house.test.ts" && loose.test(text.replace(/\/\/.*|\/\*[\s\S]*?\*\/|"[^"\n]*"|`[^`]*`/g, "")),
    ),
  ).toEqual([]);
});

it("keeps files and components small", () => {
  expect(offenders(({ text }) => text.split("\n").length > MOST_LINES)).toEqual([]);
  const long = files.flatMap(({ name, text }) =>
    [...text.matchAll(/^(?:export )?(?:const|function) ([A-Z]\w*)[\s\S]*?^(?:\}|\);?)/gm)]
      .filter(([body]) => body.split("\n").length > MOST_OF_A_COMPONENT)
      .map(([, component]) => `${name}: ${component}`),
  );
  expect(long).toEqual([]);
});

it("turns round with the language: no left and right but where they are meant", () => {
  // `left-1/2` centres together with a translation, which is the same from both sides.
  const sided =
    /["'`\s:](-?(ml|mr|pl|pr)-[\w.[]|-?(left|right)-(?!1\/2)[\w.[]|text-(left|right)\b|border-[lr]\b|rounded-[lr]-|rounded-[tb][lr]-|float-(left|right))/;
  const classes = ({ text }: { text: string }) =>
    [...text.matchAll(/className=(?:"([^"]*)"|\{[\s\S]*?\n?\s*\})|cx\(([\s\S]*?)\)/g)]
      .map(([whole]) => whole)
      .join("\n");
  expect(offenders((file) => sided.test(classes(file)))).toEqual([]);
});

it("reads words where they are shown, so that another language is heard at once", () => {
  // At the top of a module only whole groups may be named, and their keys, which are the same in all languages.
  const stale =
    /^(?:export )?const (?!\w+ = strings(?:\.\w+)?;)\w+(?:: [^=]+)? = (?![^\n]*=>)(?:[^;]*?\b)?(?:strings|words)\.\w/m;
  const outer = (text: string) =>
    text.replace(
      /^(?:export )?(?:const \w+[^=\n]* = (?:memo\(|lazy\()?(?:async )?(?:function|\()|(?:async )?function|class)[\s\S]*?^(?:\}|\)|\];?)\S*$/gm,
      "",
    );
  const speaking = /^(words\/|strings\.ts)|\.test\.ts$/;
  expect(
    offenders(
      ({ name, text }) =>
        !speaking.test(name) && stale.test(outer(text.replace(/Object\.keys\([\w.]+\)( as .*)?/g, ""))),
    ),
  ).toEqual([]);
});
