"""The same engine in several processes, on one machine or many: deployments of Ray Serve. Only this room knows Ray."""
