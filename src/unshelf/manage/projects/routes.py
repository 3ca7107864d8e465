"""Projects and their notes over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.projects.notes import NoteService
from unshelf.manage.projects.schemas import (
    NoteList,
    NoteRequest,
    NoteTexts,
    ProjectChange,
    ProjectDetail,
    ProjectList,
    ProjectNote,
    ProjectRequest,
    Reason,
    WrittenText,
)
from unshelf.manage.projects.service import ProjectService


def router(projects: ProjectService, notes: NoteService) -> ApiRouter:
    """`/projects`, and the notes of each."""
    routes = ApiRouter(tags=["projects"])

    @routes.get("/projects", dependencies=[requires(Permission.PROJECT_READ, anywhere=True)])
    def list_projects(
        actor: CurrentActor, archived: bool = False, limit: Limit = 1000, cursor: Cursor = None
    ) -> ProjectList:
        """List the projects that the actor may see, by name; with `archived`, the archived ones in place of the open ones."""
        page = projects.list_for(actor, archived=archived, limit=limit, cursor=cursor)
        return ProjectList(projects=page.map(ProjectDetail.model_validate), next_cursor=page.next_cursor)

    @routes.post(
        "/projects",
        responses=problem_answers("conflict"),
        status_code=201,
        dependencies=[requires(Permission.PROJECTS_CREATE)],
    )
    def create_project(wanted: ProjectRequest, actor: CurrentActor) -> ProjectDetail:
        """Begin a project, and own it."""
        made = projects.create(
            actor, wanted.name, title=wanted.title, description=wanted.description, priority=wanted.priority
        )
        return ProjectDetail.model_validate(made)

    _add_one_project(routes, projects)
    _add_notes(routes, notes)
    return routes


def _add_one_project(routes: ApiRouter, projects: ProjectService) -> None:
    may_manage = [requires(Permission.PROJECT_MANAGE, project_from="project")]

    @routes.get(
        "/projects/{project}",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.PROJECT_READ, project_from="project")],
    )
    def show_project(project: str) -> ProjectDetail:
        """Show a project."""
        return ProjectDetail.model_validate(projects.find(project))

    @routes.patch("/projects/{project}", responses=problem_answers("not_found"), dependencies=may_manage)
    def change_project(project: str, wanted: ProjectChange, actor: CurrentActor) -> ProjectDetail:
        """Change title, description or priority."""
        changed = projects.change(
            actor, project, title=wanted.title, description=wanted.description, priority=wanted.priority
        )
        return ProjectDetail.model_validate(changed)

    @routes.post(
        "/projects/{project}/archive", responses=problem_answers("not_found", "conflict"), dependencies=may_manage
    )
    def archive_project(project: str, wanted: Reason, actor: CurrentActor) -> ProjectDetail:
        """Archive the project: nothing new is deployed in it, and its models go on serving. Doing it twice is fine."""
        return ProjectDetail.model_validate(projects.archive(actor, project, reason=wanted.reason))

    @routes.post("/projects/{project}/restore", responses=problem_answers("not_found"), dependencies=may_manage)
    def restore_project(project: str, wanted: Reason, actor: CurrentActor) -> ProjectDetail:
        """Open an archived project again. Doing it twice is fine."""
        return ProjectDetail.model_validate(projects.restore(actor, project, reason=wanted.reason))


def _add_notes(routes: ApiRouter, notes: NoteService) -> None:
    may_read = [requires(Permission.PROJECT_READ, project_from="project")]
    may_write = [requires(Permission.COMMENTS_WRITE, project_from="project")]

    @routes.get("/projects/{project}/notes", responses=problem_answers("not_found"), dependencies=may_read)
    def list_notes(project: str, limit: Limit = 100, cursor: Cursor = None) -> NoteList:
        """List the project's notes, the newest first."""
        page = notes.list_of(project, limit=limit, cursor=cursor)
        return NoteList(notes=page.map(ProjectNote.model_validate), next_cursor=page.next_cursor)

    @routes.post(
        "/projects/{project}/notes",
        responses=problem_answers("not_found"),
        status_code=201,
        dependencies=may_write,
    )
    def write_note(project: str, wanted: NoteRequest, actor: CurrentActor) -> ProjectNote:
        """Write a note."""
        return ProjectNote.model_validate(notes.add(actor, project, wanted.text))

    @routes.put(
        "/projects/{project}/notes/{id}",
        responses=problem_answers("not_found"),
        dependencies=may_write,
    )
    def edit_note(project: str, id: str, wanted: NoteRequest, actor: CurrentActor) -> ProjectNote:
        """Give the note another text. Its author may, and an owner of the project; the text before is kept."""
        return ProjectNote.model_validate(notes.edit(actor, project, id, wanted.text))

    @routes.get("/projects/{project}/notes/{id}/texts", responses=problem_answers("not_found"), dependencies=may_read)
    def list_note_texts(project: str, id: str) -> NoteTexts:
        """List all texts that the note had, the present one last."""
        return NoteTexts(texts=[WrittenText.model_validate(each) for each in notes.texts(project, id)])
