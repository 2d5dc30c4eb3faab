import { afterEach, expect, it, vi } from "vitest";
import { valuesOf } from "@/features/batch/axes";
import { presetName } from "@/features/recipe/choices";
import { strings, type Words } from "@/strings";
import { formsOf } from "@/words/forms";
import { choose, directionOf, speak, TONGUES, type Tongue, tongueFor } from "@/words/speaking";

const page = { lang: "en", dir: "ltr" };
const kept = new Map<string, string>();
vi.stubGlobal("document", { documentElement: page });
vi.stubGlobal("navigator", { languages: ["de-AT", "en"] });
vi.stubGlobal("localStorage", {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
});
afterEach(async () => {
  kept.clear();
  await speak("en");
});

const words = async (tongue: Tongue): Promise<Words> => {
  await speak(tongue);
  return structuredClone(plain(strings)) as Words;
};
/** What is said, by its place; functions say their names only. */
function plain(group: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(group).flatMap(([key, word]) =>
      typeof word === "object" && word !== null && !Array.isArray(word)
        ? Object.entries(plain(word)).map(([inner, it]) => [`${key}.${inner}`, it])
        : [[key, typeof word === "function" ? "()" : word]],
    ),
  );
}

it("takes the first language of the browser's that there is, unless one was chosen", () => {
  expect(tongueFor("browser", ["pt-BR", "zh-TW", "fr"])).toBe("zh");
  expect(tongueFor("browser", ["FR-ca"])).toBe("fr");
  expect(tongueFor("browser", ["tlh"])).toBe("en");
  expect(tongueFor("browser", [])).toBe("en");
  expect(tongueFor("ja", ["fr"])).toBe("ja");
});

it("speaks another language from one moment to the next, also where words were taken before", async () => {
  const { shell } = strings;
  const { pages } = shell;
  expect(pages.gallery).toBe("Gallery");
  await choose("browser");
  expect(pages.gallery).toBe("Galerie");
  expect(shell.title("X")).toBe("X · Safelight");
  expect(page).toEqual({ lang: "de", dir: "ltr" });
  await choose("zh");
  expect(pages.gallery).toBe("图库");
  expect(page.lang).toBe("zh-Hans");
  expect(kept.get("safelight.language")).toBe("zh");
  expect(Object.entries(strings.phases)).toHaveLength(6);
});

it("turns the page round for scripts from the right, or to look at it so", () => {
  expect(directionOf("he")).toBe("rtl");
  expect(directionOf("ar-EG")).toBe("rtl");
  expect(directionOf("arn")).toBe("ltr");
  kept.set("safelight.direction", "rtl");
  expect(directionOf("en")).toBe("rtl");
});

it("says everything in every language, and nothing left in English by mistake", async () => {
  const english = await words("en");
  /** The same in many languages: names, signs, and what people say in English anyway. */
  const same =
    /^[^a-z]*$|DDIM|DPM|Uni|Euler|LoRA|Karras|Safelight|Seed|Sampler|Guidance|Prompt|Apache|AUTOMATIC|Comfy|Invoke|golden|red lamp/i;
  for (const tongue of Object.keys(TONGUES).filter((one) => one !== "en") as Tongue[]) {
    const theirs = await words(tongue);
    expect(Object.keys(theirs)).toEqual(Object.keys(english));
    const untold = Object.entries(theirs).filter(
      ([key, word]) =>
        typeof word === "string" && word.includes(" ") && word === english[key as keyof Words] && !same.test(word),
    );
    expect(untold, tongue).toEqual([]);
    const silent = Object.entries(theirs).filter(([key, word]) => word === "" && english[key as keyof Words] !== "");
    expect(silent).toEqual([]);
  }
});

it("reads the spans that it shows as examples, in every language", async () => {
  for (const tongue of Object.keys(TONGUES) as Tongue[]) {
    await speak(tongue);
    const { examples } = strings.grid;
    const read = (field: "steps" | "seed" | "strength") =>
      valuesOf({ field, text: examples[field], search: "" }, "", []);
    expect(read("steps"), tongue).toEqual({ values: [8, 16, 24, 32] });
    expect(read("seed"), tongue).toEqual({ values: [1, 2, 3, 4] });
    expect(read("strength"), tongue).toEqual({ values: [0.2, 0.4, 0.6, 0.8] });
    const [hinted = ""] = /\d+ ?\D{1,4} ?\d+ ?[^\d」”»“]{1,6} ?\d+/.exec(strings.grid.hint) ?? [];
    expect(valuesOf({ field: "steps", text: hinted, search: "" }, "", []), strings.grid.hint).toEqual({
      values: [3, 5, 7, 9],
    });
  }
});

it("writes numbers, counts and lists as each language does", () => {
  const german = formsOf("de");
  expect(german.count(1, { one: "# Bild", other: "# Bilder" })).toBe("1 Bild");
  expect(german.count(1200, { one: "# Bild", other: "# Bilder" })).toBe("1.200 Bilder");
  expect(german.number(0.5)).toBe("0,5");
  expect(german.list(["a", false, "b", "c"])).toBe("a, b und c");
  expect(formsOf("fr").count(0, { one: "# image", other: "# images" })).toBe("0 image");
  expect(formsOf("fr").percent(50)).toMatch(/^50\s%$/);
  expect(formsOf("ja", "、").row(["a", null, "b"])).toBe("a、b");
  expect(german.memory(3 * 2 ** 30)).toMatch(/^3\sGB$/);
  expect(german.span(30)).toMatch(/30\sSek/);
  expect(german.span(150)).toMatch(/3\sMin/);
});

it("counts in every language", async () => {
  const said: Record<string, string[]> = {};
  for (const tongue of Object.keys(TONGUES) as Tongue[]) {
    await speak(tongue);
    said[tongue] = [0, 1, 2, 100_000].map((n) => strings.gallery.pictures(n));
  }
  expect(said).toEqual({
    en: ["0 pictures", "1 picture", "2 pictures", "100,000 pictures"],
    de: ["0 Bilder", "1 Bild", "2 Bilder", "100.000 Bilder"],
    fr: ["0 image", "1 image", "2 images", "100\u202f000 images"],
    es: ["0 imágenes", "1 imagen", "2 imágenes", "100.000 imágenes"],
    zh: ["0 张图片", "1 张图片", "2 张图片", "100,000 张图片"],
    ja: ["0 枚", "1 枚", "2 枚", "100,000 枚"],
  });
});

it("calls presets by names of its own, and those that a server made by theirs", async () => {
  await speak("ja");
  expect(presetName({ id: "quick", name: "Quick" })).toBe("速い");
  expect(presetName({ id: "ours", name: "As we like it" })).toBe("As we like it");
});
