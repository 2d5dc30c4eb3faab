import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
} from "@tanstack/react-router";
import { toWanted, type Wanted } from "@/features/gallery/wanted";
import { Generate } from "@/routes/Generate";
import { Missing } from "@/routes/Missing";
import { Shell } from "@/routes/Shell";
import { one, parseSearch, stringifySearch } from "@/routes/search";

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing });
const frame = createRoute({ getParentRoute: () => root, id: "frame", component: Shell });

const generate = createRoute({
  getParentRoute: () => frame,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { g?: string; b?: string } => {
    const [g, b] = [one(search.g), one(search.b)];
    return { ...(g ? { g } : {}), ...(b ? { b } : {}) };
  },
  component: Generate, // what most come for: in one piece with the frame around it
});

const gallery = createRoute({
  getParentRoute: () => frame,
  path: "/gallery",
  validateSearch: (search: Record<string, unknown>): Wanted & { picture?: string } => {
    const picture = one(search.picture);
    return { ...toWanted(search), ...(picture ? { picture } : {}) };
  },
  component: lazyRouteComponent(() => import("@/routes/Gallery"), "Gallery"),
});

const models = createRoute({
  getParentRoute: () => frame,
  path: "/models",
  component: lazyRouteComponent(() => import("@/routes/Models"), "Models"),
});

const services = createRoute({
  getParentRoute: () => frame,
  path: "/services",
  component: lazyRouteComponent(() => import("@/routes/Services"), "Services"),
});

const usage = createRoute({
  getParentRoute: () => frame,
  path: "/usage",
  component: lazyRouteComponent(() => import("@/routes/Usage"), "Usage"),
});

const settings = createRoute({
  getParentRoute: () => frame,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/routes/Settings"), "Settings"),
});

const admin = createRoute({
  getParentRoute: () => frame,
  path: "/admin",
  component: lazyRouteComponent(() => import("@/routes/Admin"), "Admin"),
});

const docs = createRoute({
  getParentRoute: () => frame,
  path: "/docs",
  component: lazyRouteComponent(() => import("@/routes/Docs"), "Docs"),
});

const about = createRoute({
  getParentRoute: () => frame,
  path: "/about",
  component: lazyRouteComponent(() => import("@/routes/About"), "About"),
});

const shared = createRoute({
  getParentRoute: () => root,
  path: "/shared/$token",
  component: lazyRouteComponent(() => import("@/routes/Shared"), "Shared"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { back?: string; ended?: string } => {
    const [back, ended] = [one(search.back), one(search.ended)];
    return { ...(back ? { back } : {}), ...(ended ? { ended } : {}) };
  },
  component: lazyRouteComponent(() => import("@/routes/SignIn"), "SignIn"),
});

const tree = root.addChildren([
  frame.addChildren([generate, gallery, models, services, usage, settings, admin, docs, about]),
  signIn,
  shared,
]);

export const createStudioRouter = (history?: RouterHistory) =>
  createRouter({
    routeTree: tree,
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    ...(history ? { history } : {}),
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createStudioRouter>;
  }
}
