/** The look: neutral greys, one accent for what can be done, four states. Plain colours whose contrast is enough in both themes. */
import { createTheme, type CSSVariablesResolver } from "@mantine/core";

const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';
const MONO = 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

export const theme = createTheme({
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "12px", sm: "14px", md: "14px", lg: "16px", xl: "20px" },
  headings: {
    fontFamily: SANS,
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "1.4" },
      h2: { fontSize: "16px", lineHeight: "1.5" },
      h3: { fontSize: "14px", lineHeight: "1.5" },
    },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5b626b",
    "--mantine-color-anchor": "#364fc7",
    "--mantine-color-placeholder": "#6b727b",
    "--mantine-color-error": "#b42323",
    "--line": "#e4e7eb",
    "--surface": "#ffffff",
    "--ground": "#f7f8fa",
    "--hover": "#f1f3f6",
    "--chosen": "#e9edfb",
    "--ok": "#1c6b3c",
    "--ok-ground": "#e6f4ea",
    "--attention": "#85510a",
    "--attention-ground": "#fdf1dc",
    "--failing": "#b01e1e",
    "--failing-ground": "#fdeaea",
    "--unknown": "#55606b",
    "--unknown-ground": "#eceff2",
  },
  dark: {
    "--mantine-color-body": "#16181c",
    "--mantine-color-dimmed": "#a3abb5",
    "--mantine-color-anchor": "#a5b8ff",
    "--mantine-color-placeholder": "#959da7",
    "--mantine-color-error": "#ff9d9d",
    "--line": "#2c3036",
    "--surface": "#1c1f24",
    "--ground": "#16181c",
    "--hover": "#24282e",
    "--chosen": "#29314d",
    "--ok": "#85d6a1",
    "--ok-ground": "#1b3325",
    "--attention": "#f2c36f",
    "--attention-ground": "#3a2d14",
    "--failing": "#ffa3a3",
    "--failing-ground": "#3f2020",
    "--unknown": "#b1bac4",
    "--unknown-ground": "#2b3037",
  },
});

/** Safe for the colour-blind (Okabe and Ito, darkened where white is behind), in the order of use. */
export const SERIES = {
  light: ["#0b62a8", "#b85300", "#00755a", "#8f4a83", "#6b6400", "#2a7fae", "#a8324a", "#55606b"],
  dark: ["#63b3ed", "#f0a35e", "#4ecca3", "#d9a0cf", "#e3d94f", "#9fd3f0", "#f2909f", "#b1bac4"],
};
