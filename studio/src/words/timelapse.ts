// A picture's development as a moving picture.
export const timelapse = {
  open: "Time-lapse",
  title: "Time-lapse",
  body: "Its steps, one after the other, and the print at the end.",
  close: "Close",
  format: "Format",
  formats: { webp: "WebP", mp4: "MP4" },
  speed: "Steps a second",
  size: "Size",
  make: "Make it",
  making: (done: number, of: number) => `Frame ${done} of ${of}`,
  save: "Save the file",
  gone: "The steps of this picture are no longer kept.",
  failed: "It could not be made.",
  alt: (title: string) => `Time-lapse of “${title}”`,
} as const;
