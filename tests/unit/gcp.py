"""A fake Google Cloud: answers the look-ups of a GKE cluster, its network and instances."""

from typing import Any

import pulumi

from tests.unit.fake_cloud import FakeCloud, Refused
from tests.unit.pretend import secret
from tests.unit.stacks import Stack, stack

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
USER = "gcp:sql/user:User"
RANGE = "gcp:compute/globalAddress:GlobalAddress"
CONNECTION = "gcp:servicenetworking/connection:Connection"
RANDOM_ID = "random:index/randomId:RandomId"

PROJECT = "my-project"
NETWORK = f"projects/{PROJECT}/global/networks/dev"
SHARED = "projects/host-project/global/networks/shared"
HOST = "10.90.0.3"
SELF_LINK = f"https://sqladmin.googleapis.com/v1/projects/{PROJECT}/instances/coder"
DNS_NAME = "1a2b3c.4d5e6f.us-east1.sql-psa.goog"
KEY = "projects/my-project/locations/us-east1/keyRings/ring/cryptoKeys/key"
NAME = "coder-coder-dev-0a1b2c3d"
CONNECTION_URN = f"urn:pulumi:dev::coder::coder:gcp:Postgres${CONNECTION}::postgres-connection"


def instance(**changes: Any) -> dict[str, Any]:
    """An instance as look-ups return it; `settings` are merged into its own."""
    settings = {
        "tier": "db-custom-2-8192",
        "edition": "ENTERPRISE",
        "diskSize": 64,
        "availabilityType": "ZONAL",
        "userLabels": {},
        "version": 4,
        "locationPreferences": [{"zone": "us-east1-b", "secondaryZone": ""}],
        "ipConfigurations": [{"privateNetwork": NETWORK, "serverCaMode": ""}],
        "backupConfigurations": [{"pointInTimeRecoveryEnabled": True}],
        **changes.pop("settings", {}),
    }
    return {
        "name": "old",
        "region": "us-east1",
        "databaseVersion": "POSTGRES_17",
        "encryptionKeyName": "",
        "settings": [settings],
        **changes,
    }


class Gcp(FakeCloud):
    """A project with one GKE cluster."""

    name = "gcp"

    def __init__(self) -> None:
        super().__init__()
        self.cluster: dict[str, Any] = {
            "network": NETWORK,
            "networkingMode": "VPC_NATIVE",
            "endpoint": "api.example.com",
            "nodeLocations": ["us-east1-b", "us-east1-c"],
            "enableAutopilot": False,
        }
        self.node_pools: dict[str, tuple[list[str], int]] = {"workers": (["us-east1-b"], 2)}
        self.nulls = False
        """Whether what is not found is answered with nulls, not an error."""
        self.zones = ["us-east1-b", "us-east1-c", "us-east1-d"]
        self.tiers = ["db-f1-micro", "db-g1-small", "db-perf-optimized-N-2"]
        self.peered = {NETWORK}
        self.ranges = {"google-managed-services-dev": NETWORK}
        self.instances: dict[str, dict[str, Any]] = {}
        self.serving_zones: dict[str, str] = {}
        """Where instances are, by their names."""
        self.backups: dict[int, str] = {1767225600000: "SUCCESSFUL"}
        self.authorities = ["ca-1"]
        self.asked_for: list[tuple[str, dict[str, Any]]] = []
        """The look-ups, with their arguments."""

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        assert not self.asked, f"{args.token} is looked up after resources are made"
        known = {
            "gcp:container/getCluster:getCluster": self._cluster,
            "gcp:sql/getDatabaseInstances:getDatabaseInstances": self._instances,
            "gcp:sql/getDatabaseInstance:getDatabaseInstance": self._instance,
            "gcp:sql/getBackupRun:getBackupRun": self._backup,
            "gcp:sql/getCaCerts:getCaCerts": self._authorities,
            "gcp:sql/getTiers:getTiers": self._tiers,
            "gcp:compute/getNetworkPeering:getNetworkPeering": self._peering,
            "gcp:compute/getGlobalAddress:getGlobalAddress": self._range,
            "gcp:compute/getZones:getZones": self._zones,
            "pulumi:pulumi:readStackResourceOutputs": self.recorded,
        }
        if args.token not in known:
            return super().call(args)
        self.asked_for.append((args.token, args.args))
        return known[args.token](args.args)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        identifier, outputs = super().new_resource(args)
        if args.typ == INSTANCE:
            outputs |= {
                "selfLink": SELF_LINK,
                "privateIpAddress": HOST,
                "serverCaCerts": secret([{"cert": pem("ca-1")}]),
                "dnsNames": [
                    {"name": "other.", "connectionType": "PUBLIC", "dnsScope": "INSTANCE"},
                    {
                        "name": f"{DNS_NAME}.",
                        "connectionType": "PRIVATE_SERVICES_ACCESS",
                        "dnsScope": "INSTANCE",
                    },
                ],
            }
        elif args.typ == RANGE:
            outputs |= {"name": identifier}
        elif args.typ == RANDOM_ID:
            outputs |= {"hex": "0a1b2c3d"}
        return identifier, outputs

    def stack(self, **changes: Any) -> Stack:
        return gcp(**changes)

    def add_running(self, changes: dict[str, Any]) -> None:
        labels = {"coder-stack": "coder__dev", "coder-zone": "us-east1-b"}
        settings = {"userLabels": labels, **changes.get("settings", {})}
        self.instances[NAME] = instance(**changes | {"name": NAME, "settings": settings})

    def _missing(self, what: str) -> dict[str, Any]:
        if self.nulls:
            return {}
        raise Refused(f"1 error occurred:\n\t* {what} not found\n")

    def _cluster(self, args: dict[str, Any]) -> Any:
        name, location, project = (args[key] for key in ("name", "location", "project"))
        if (name, location) != ("dev", "us-east1"):
            return self._missing(f"projects/{project}/locations/{location}/clusters/{name}")
        pools = [
            {"name": pool, "nodeLocations": zones, "nodeCount": count}
            for pool, (zones, count) in self.node_pools.items()
        ]
        return {"name": name, "location": location, "nodePools": pools, **self.cluster}

    def _instances(self, args: dict[str, Any]) -> Any:
        assert args.pop("project") == PROJECT
        zone = args.pop("zone", None)
        assert not args
        return {
            "instances": [
                each
                for name, each in self.instances.items()
                if zone in (None, self.serving_zones.get(name))
            ]
        }

    def _instance(self, args: dict[str, Any]) -> Any:
        return self.instances.get(args["name"]) or self._missing(args["name"])

    def _backup(self, args: dict[str, Any]) -> Any:
        status = self.backups.get(args["backupId"])
        return {"status": status} if status else self._missing("backup run")

    def _authorities(self, args: dict[str, Any]) -> Any:
        return {"certs": [{"cert": pem(each)} for each in self.authorities]}

    def _tiers(self, args: dict[str, Any]) -> Any:
        tiers = [{"tier": each, "regions": ["us-east1"]} for each in self.tiers]
        return {"tiers": [*tiers, {"tier": "db-perf-optimized-N-4", "regions": ["us-west1"]}]}

    def _peering(self, args: dict[str, Any]) -> Any:
        assert args["name"] == "servicenetworking-googleapis-com"
        if args["network"] in self.peered:
            return {"name": args["name"], "state": "ACTIVE"}
        return self._missing(f"{args['network']}/{args['name']}")

    def _range(self, args: dict[str, Any]) -> Any:
        network = self.ranges.get(args["name"])
        if not network or network.split("/")[1] != args["project"]:
            return self._missing(args["name"])
        url = f"https://www.googleapis.com/compute/v1/{network}"
        return {"name": args["name"], "purpose": "VPC_PEERING", "network": url}

    def _zones(self, args: dict[str, Any]) -> Any:
        assert args["region"] == "us-east1"
        return {"names": self.zones}


def pem(text: str) -> str:
    """Something that looks like a certificate."""
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----"


def gcp(**changes: Any) -> Stack:
    """A stack with `cloud: gcp` and only the required settings."""
    cluster = {"name": "dev", "location": "us-east1"}
    return stack(cloud="gcp", cluster=cluster) | {"gcp:project": PROJECT} | changes
