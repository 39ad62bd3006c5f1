from pathlib import Path
from promoter.adapters.environments_git import *
from promoter.transport.git import Remote
from promoter.transport.git_names import parse_address
from promoter.ports import EnvironmentRepo
from tests.adapters.environments_contract import EnvironmentRepoContract, GitServer

class TestGitEnvironments(EnvironmentRepoContract):
    def connect(self, server: GitServer, directory: Path) -> EnvironmentRepo:
        return GitEnvironments(Remote(parse_address(server.address)), directory, "main", Bot("promoter", "promoter@example.com"))
