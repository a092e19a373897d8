"""The typed conclusions of the 22 agents, one module each; class names are the agents' names in camel
case."""

from agents.domain.outputs.continual_learning import ContinualLearning
from agents.domain.outputs.continual_learning_setup import ContinualLearningSetup
from agents.domain.outputs.data_engineering import DataEngineering
from agents.domain.outputs.data_ingestion import DataIngestion
from agents.domain.outputs.data_sourcing import DataSourcing
from agents.domain.outputs.deployment_serving import DeploymentServing
from agents.domain.outputs.feature_engineering import FeatureEngineering
from agents.domain.outputs.feature_pipeline import FeaturePipeline
from agents.domain.outputs.governance_ethics import GovernanceEthics
from agents.domain.outputs.inference_pipeline import InferencePipeline
from agents.domain.outputs.inference_service import InferenceService
from agents.domain.outputs.model_development import ModelDevelopment
from agents.domain.outputs.model_training import ModelTraining
from agents.domain.outputs.monitoring_observability import MonitoringObservability
from agents.domain.outputs.monitoring_setup import MonitoringSetup
from agents.domain.outputs.pipelines_blueprint import PipelinesBlueprint
from agents.domain.outputs.project_stages import ProjectStages
from agents.domain.outputs.system_architecture import SystemArchitecture
from agents.domain.outputs.tech_stack import TechStack
from agents.domain.outputs.testing_strategy import TestingStrategy
from agents.domain.outputs.training_pipeline import TrainingPipeline
from agents.domain.outputs.versioning_governance import VersioningGovernance
from agents.domain.plan import AgentOutput

OUTPUTS: dict[str, type[AgentOutput]] = {
    "project_stages": ProjectStages,
    "versioning_governance": VersioningGovernance,
    "data_sourcing": DataSourcing,
    "pipelines_blueprint": PipelinesBlueprint,
    "tech_stack": TechStack,
    "testing_strategy": TestingStrategy,
    "data_engineering": DataEngineering,
    "feature_engineering": FeatureEngineering,
    "model_development": ModelDevelopment,
    "model_training": ModelTraining,
    "deployment_serving": DeploymentServing,
    "inference_pipeline": InferencePipeline,
    "monitoring_observability": MonitoringObservability,
    "continual_learning": ContinualLearning,
    "governance_ethics": GovernanceEthics,
    "system_architecture": SystemArchitecture,
    "data_ingestion": DataIngestion,
    "feature_pipeline": FeaturePipeline,
    "training_pipeline": TrainingPipeline,
    "inference_service": InferenceService,
    "monitoring_setup": MonitoringSetup,
    "continual_learning_setup": ContinualLearningSetup,
}
"""Agent name to output type, in the order of the agents' numbers; reads recorded outputs back."""

__all__ = [
    "OUTPUTS",
    "ContinualLearning",
    "ContinualLearningSetup",
    "DataEngineering",
    "DataIngestion",
    "DataSourcing",
    "DeploymentServing",
    "FeatureEngineering",
    "FeaturePipeline",
    "GovernanceEthics",
    "InferencePipeline",
    "InferenceService",
    "ModelDevelopment",
    "ModelTraining",
    "MonitoringObservability",
    "MonitoringSetup",
    "PipelinesBlueprint",
    "ProjectStages",
    "SystemArchitecture",
    "TechStack",
    "TestingStrategy",
    "TrainingPipeline",
    "VersioningGovernance",
]
