/** The router: every route of every folder of pages. */
import { createRouter } from "@tanstack/react-router";

import { accessRoutes } from "~/pages/access/routes";
import { adminRoutes } from "~/pages/admin/routes";
import { alertRoutes } from "~/pages/alerts/routes";
import { appRoutes } from "~/pages/apps/routes";
import { dataRoutes } from "~/pages/data/routes";
import { deployRoutes } from "~/pages/deploys/routes";
import { environmentRoutes } from "~/pages/environments/routes";
import { deployingRoutes } from "~/pages/deploying/routes";
import { homeRoutes } from "~/pages/home/routes";
import { jobRoutes } from "~/pages/jobs/routes";
import { modelRoutes } from "~/pages/models/routes";
import { monitoringRoutes } from "~/pages/monitoring/routes";
import { diagnosisRoutes } from "~/pages/diagnosis/routes";
import { elsewhereRoutes } from "~/pages/elsewhere/routes";
import { monitorRoutes } from "~/pages/monitors/routes";
import { partsRoutes } from "~/pages/parts/routes";
import { platformRoutes } from "~/pages/platform/routes";
import { predictionRoutes } from "~/pages/predictions/routes";
import { projectRoutes } from "~/pages/projects/routes";
import { tryRoutes } from "~/pages/tries/routes";
import { usageRoutes } from "~/pages/usage/routes";
import { Waiting } from "~/parts/placeholders";
import { root } from "./root";

const tree = root.addChildren([...homeRoutes, ...accessRoutes, ...projectRoutes, ...modelRoutes, ...elsewhereRoutes, ...tryRoutes, ...appRoutes, ...predictionRoutes, ...monitorRoutes, ...diagnosisRoutes, ...dataRoutes, ...jobRoutes, ...environmentRoutes, ...monitoringRoutes, ...alertRoutes, ...platformRoutes, ...usageRoutes, ...deployRoutes, ...deployingRoutes, ...adminRoutes, ...partsRoutes]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Waiting />,
  defaultPendingMs: 300,
  scrollRestoration: false,
});
