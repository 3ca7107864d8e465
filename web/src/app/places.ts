/** The navigation: what each folder of pages brings, in its order. */
import { HOME_PLACES } from "~/pages/home/places";
import { PROJECT_PLACES } from "~/pages/projects/places";
import { MODEL_PLACES } from "~/pages/models/places";
import { APP_PLACES } from "~/pages/apps/places";
import { DEPLOY_PLACES } from "~/pages/deploys/places";
import { ADMIN_PLACES } from "~/pages/admin/places";
import { DATA_PLACES } from "~/pages/data/places";
import { ENVIRONMENT_PLACES } from "~/pages/environments/places";
import { JOB_PLACES } from "~/pages/jobs/places";
import { MONITORING_PLACES } from "~/pages/monitoring/places";
import { MONITOR_PLACES } from "~/pages/monitors/places";
import { ALERT_PLACES } from "~/pages/alerts/places";
import { PLATFORM_PLACES } from "~/pages/platform/places";
import { PREDICTION_PLACES } from "~/pages/predictions/places";
import { USAGE_PLACES } from "~/pages/usage/places";
import type { Place } from "./wing";

export const PLACES: Place[] = [...HOME_PLACES, ...PROJECT_PLACES, ...MODEL_PLACES, ...APP_PLACES, ...DEPLOY_PLACES, ...DATA_PLACES, ...JOB_PLACES, ...ENVIRONMENT_PLACES, ...MONITORING_PLACES, ...PREDICTION_PLACES, ...MONITOR_PLACES, ...ALERT_PLACES, ...PLATFORM_PLACES, ...USAGE_PLACES, ...ADMIN_PLACES];
