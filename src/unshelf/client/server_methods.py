"""All methods of the client beside those for models and predictions, capability by capability."""

from unshelf.client.checks import CheckMethods
from unshelf.client.environments.methods import EnvironmentMethods
from unshelf.client.jobs.starting import StartingMethods
from unshelf.client.manage.apps import AppMethods
from unshelf.client.manage.audit import AuditMethods
from unshelf.client.manage.goals import GoalMethods
from unshelf.client.manage.networks import NetworkMethods
from unshelf.client.manage.notifications import NotificationMethods
from unshelf.client.manage.people import PeopleMethods
from unshelf.client.manage.projects import ProjectMethods
from unshelf.client.manage.quotas import QuotaMethods
from unshelf.client.manage.requests import RequestMethods
from unshelf.client.manage.roles import RoleMethods
from unshelf.client.manage.secrets import SecretMethods
from unshelf.client.manage.subjects import SubjectMethods
from unshelf.client.manage.usage import UsageMethods
from unshelf.client.monitoring.alerts import AlertMethods
from unshelf.client.monitoring.collection_methods import CollectionMethods
from unshelf.client.monitoring.diagnosis import DiagnosisMethods
from unshelf.client.monitoring.label_methods import LabelMethods
from unshelf.client.monitoring.methods import MonitoringMethods
from unshelf.client.monitoring.metric_methods import MetricMethods
from unshelf.client.monitoring.monitors import MonitorMethods
from unshelf.client.monitoring.record_methods import RecordMethods
from unshelf.client.operations.backups import BackupMethods
from unshelf.client.operations.platform_methods import PlatformFileMethods


class ServerMethods(
    PeopleMethods,
    ProjectMethods,
    GoalMethods,
    AppMethods,
    RoleMethods,
    RequestMethods,
    QuotaMethods,
    UsageMethods,
    NetworkMethods,
    SecretMethods,
    SubjectMethods,
    NotificationMethods,
    AuditMethods,
    BackupMethods,
    PlatformFileMethods,
    AlertMethods,
    CheckMethods,
    MonitoringMethods,
    MonitorMethods,
    LabelMethods,
    MetricMethods,
    DiagnosisMethods,
    RecordMethods,
    CollectionMethods,
    EnvironmentMethods,
    StartingMethods,
):
    """Methods of every capability of a server."""
