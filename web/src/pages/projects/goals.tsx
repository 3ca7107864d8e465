/** Goals of a project: what is to be reached, how far it is, what is missing. */
import { $api } from "~/api/client";
import type { GoalDetail, ProjectDetail } from "~/api/schema";
import { figure } from "~/parts/figures";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { SubjectLink, withoutIds } from "~/parts/subject";
import { GoalActs, SetGoal } from "./goalacts";
import { missingWords, stateOfGoal } from "./goalstates";

export function GoalsTab({ project, chosen }: { project: ProjectDetail; chosen?: string }) {
  const answer = $api.useQuery("get", "/api/v1/projects/{project}/goals", { params: { path: { project: project.name } } });
  return (
    <div className="stack">
    <div><SetGoal project={project.name} /></div>
    <Answer of={answer}>
      {({ goals }) =>
        goals.length === 0 ? (
          <Empty title="The project has no goal yet">
            <p>
              A goal says what is to be reached, by when, and by which figure.
            </p>
          </Empty>
        ) : (
          <div className="grid">
            {[...goals].sort((one, other) => Number(other.id === chosen) - Number(one.id === chosen)).map((goal) => (
              <Goal key={goal.id} goal={goal} />
            ))}
          </div>
        )
      }
    </Answer>
    </div>
  );
}

function Goal({ goal }: { goal: GoalDetail }) {
  const [state, word] = stateOfGoal(goal);
  const direction = goal.direction === "at_least" ? "at least" : "at most";
  return (
    <Card title={goal.title} aside={<StateWord state={state}>{word}</StateWord>}>
      {goal.description && <p className="prose" style={{ marginTop: 0 }}>{goal.description}</p>}
      <Facts
        of={[
          ["Target", goal.metric ? `${goal.metric} ${direction} ${goal.target === null ? "?" : figure(goal.target)}` : "none"],
          ["Latest", goal.latest ? <span key="latest">{figure(goal.latest.value)} <span className="muted">({withoutIds(goal.latest.source)}, <Moment time={goal.latest.at} />)</span></span> : "–"],
          ["Answers for it", goal.owner ?? "–"],
          ["By", goal.due ?? "–"],
          ["Worth", goal.worth || "–"],
          ["Tied to it", goal.ties.length ? goal.ties.map(({ kind, name }) => <div key={name}><SubjectLink kind={kind} name={name} /></div>) : "–"],
          ["Missing", missingWords(goal) || "nothing"],
        ]}
      />
      <PageLink className="small" href={`/projects/${goal.project}/goals/${goal.id}`}>
        Link to this goal
      </PageLink>
      <GoalActs goal={goal} />
    </Card>
  );
}
