BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE alerts (
	id VARCHAR(26) NOT NULL, 
	kind VARCHAR(64) NOT NULL, 
	model VARCHAR(64), 
	severity VARCHAR(16) NOT NULL, 
	summary VARCHAR(500) NOT NULL, 
	evidence JSON NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	advice VARCHAR(500) NOT NULL, 
	owner VARCHAR(200) NOT NULL, 
	raised_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	resolved_at DATETIME, 
	CONSTRAINT pk_alerts PRIMARY KEY (id)
);
CREATE TABLE aliases (
	model VARCHAR(64) NOT NULL, 
	alias VARCHAR(64) NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_aliases PRIMARY KEY (model, alias), 
	CONSTRAINT fk_aliases_model_versions FOREIGN KEY(model, version) REFERENCES versions (model, number)
);
INSERT INTO "aliases" VALUES('adder','champion',1);
CREATE TABLE audit_events (
	id VARCHAR(26) NOT NULL, 
	time DATETIME NOT NULL, 
	actor VARCHAR(200) NOT NULL, 
	action VARCHAR(64) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	detail JSON NOT NULL, 
	CONSTRAINT pk_audit_events PRIMARY KEY (id)
);
INSERT INTO "audit_events" VALUES('01m8j3bvjd5cxt5tbbxntqtt28','2026-11-28 22:10:43.917925','system','key.created','admin','{"role": "admin"}');
INSERT INTO "audit_events" VALUES('01m8j3byrdh9qsph9jcx5wb5zr','2026-11-28 22:10:47.181203','admin','deploy.begun','adder','{"deploy": "01m8j3byqrc1pqpr69s19zccp8", "digest": "d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223"}');
INSERT INTO "audit_events" VALUES('01m8j3c0df39rzja564066t4b1','2026-11-28 22:10:48.879489','admin','version.registered','adder:1','{"digest": "d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223", "environment": "7840d36e6b489458f145bdf7528325e39743920e339be968bcfadef8ecfdc919"}');
INSERT INTO "audit_events" VALUES('01m8j3c0ty18fp2ajsbz6zd3ad','2026-11-28 22:10:49.310052','admin','release.changed','adder','{"release": [{"version": 1, "percent": 100.0}]}');
INSERT INTO "audit_events" VALUES('01m8j3c0v3y8zk3k6qg9v8fq4r','2026-11-28 22:10:49.315648','admin','alias.set','adder@champion','{"version": 1}');
INSERT INTO "audit_events" VALUES('01m8j3c2ns5qt6kfvwnd4tycqf','2026-11-28 22:10:51.193147','admin','deploy.begun','adder','{"deploy": "01m8j3c2nm6zmn1gr22645wehh", "digest": "2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd"}');
INSERT INTO "audit_events" VALUES('01m8j3c3cmcz4hvayd0h2dy2ke','2026-11-28 22:10:51.924590','admin','version.registered','adder:2','{"digest": "2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd", "environment": "7840d36e6b489458f145bdf7528325e39743920e339be968bcfadef8ecfdc919"}');
INSERT INTO "audit_events" VALUES('01m8j3c5gcvn0hk1fpn16h2e1d','2026-11-28 22:10:54.092878','admin','release.changed','adder','{"release": [{"version": 1, "percent": 75.0}, {"version": 2, "percent": 25.0}]}');
INSERT INTO "audit_events" VALUES('01m8j3es80y3se2ds1g8n5wzb2','2026-11-28 22:12:19.840426','admin','key.created','01m8j3es80y3se2ds1g8n5wzb1','{"name": "caller", "role": "predict", "models": ["adder"], "limits": null}');
INSERT INTO "audit_events" VALUES('01m8j3esbbj7bpg6j95e6ap23j','2026-11-28 22:12:19.947603','admin','key.created','01m8j3esbbj7bpg6j95e6ap23h','{"name": "revoked", "role": "predict", "models": null, "limits": null}');
INSERT INTO "audit_events" VALUES('01m8j3evk4xdt09th75x607f0f','2026-11-28 22:12:22.244221','admin','key.revoked','01m8j3esbbj7bpg6j95e6ap23h','{"name": "revoked"}');
CREATE TABLE bundle_files (
	bundle VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_bundle_files PRIMARY KEY (bundle, sha256), 
	CONSTRAINT fk_bundle_files_bundle_bundles FOREIGN KEY(bundle) REFERENCES bundles (digest)
);
INSERT INTO "bundle_files" VALUES('d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223','7c10ff7570105a5b94ab20f0d898452de7df9708e983f17f27e75793be48b569');
INSERT INTO "bundle_files" VALUES('d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223','04cdc678cc77430356572661f93e55cce0cabf9f80263f706fd9129c91aeb774');
INSERT INTO "bundle_files" VALUES('d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223','5fd1c400dd2da0b6cf3fdfd6e3e1c34b860d068ae2b66459b06cd99082d66e9b');
INSERT INTO "bundle_files" VALUES('d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223','5a51dfa57c7ea992b93a6c6f59be44b654dd0884e26724100125c3f43a8094db');
INSERT INTO "bundle_files" VALUES('2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd','7c10ff7570105a5b94ab20f0d898452de7df9708e983f17f27e75793be48b569');
INSERT INTO "bundle_files" VALUES('2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd','04cdc678cc77430356572661f93e55cce0cabf9f80263f706fd9129c91aeb774');
INSERT INTO "bundle_files" VALUES('2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd','fc69976d347c905db2f2ea9dc114ceed2bb7c4e1ab9cf916dd91106fe07b9b31');
INSERT INTO "bundle_files" VALUES('2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd','5a51dfa57c7ea992b93a6c6f59be44b654dd0884e26724100125c3f43a8094db');
CREATE TABLE bundle_holds (
	bundle VARCHAR(64) NOT NULL, 
	holder VARCHAR(80) NOT NULL, 
	CONSTRAINT pk_bundle_holds PRIMARY KEY (bundle, holder), 
	CONSTRAINT fk_bundle_holds_bundle_bundles FOREIGN KEY(bundle) REFERENCES bundles (digest)
);
INSERT INTO "bundle_holds" VALUES('d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223','adder:1');
INSERT INTO "bundle_holds" VALUES('2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd','adder:2');
CREATE TABLE bundles (
	digest VARCHAR(64) NOT NULL, 
	manifest TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_bundles PRIMARY KEY (digest)
);
INSERT INTO "bundles" VALUES('d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223','{"loader":{"kind":"python","entry":"predict.py:predict"},"files":[{"path":"example.json","sha256":"04cdc678cc77430356572661f93e55cce0cabf9f80263f706fd9129c91aeb774","size":58},{"path":"predict.py","sha256":"5fd1c400dd2da0b6cf3fdfd6e3e1c34b860d068ae2b66459b06cd99082d66e9b","size":69},{"path":"unshelf.toml","sha256":"7c10ff7570105a5b94ab20f0d898452de7df9708e983f17f27e75793be48b569","size":120},{"path":".unshelf/example.json","sha256":"5a51dfa57c7ea992b93a6c6f59be44b654dd0884e26724100125c3f43a8094db","size":49}],"python":"3.11","signature":{"inputs":{"kind":"columns","columns":[{"name":"a","type":"float64"},{"name":"b","type":"float64"}]}},"example":".unshelf/example.json","contains_code":true,"code":{},"resources":{},"scaling":{"idle":300.0},"timeout":30.0,"recording":{}}','2026-11-28 22:10:47.169089');
INSERT INTO "bundles" VALUES('2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd','{"loader":{"kind":"python","entry":"predict.py:predict"},"files":[{"path":"example.json","sha256":"04cdc678cc77430356572661f93e55cce0cabf9f80263f706fd9129c91aeb774","size":58},{"path":"predict.py","sha256":"fc69976d347c905db2f2ea9dc114ceed2bb7c4e1ab9cf916dd91106fe07b9b31","size":78},{"path":"unshelf.toml","sha256":"7c10ff7570105a5b94ab20f0d898452de7df9708e983f17f27e75793be48b569","size":120},{"path":".unshelf/example.json","sha256":"5a51dfa57c7ea992b93a6c6f59be44b654dd0884e26724100125c3f43a8094db","size":49}],"python":"3.11","signature":{"inputs":{"kind":"columns","columns":[{"name":"a","type":"float64"},{"name":"b","type":"float64"}]}},"example":".unshelf/example.json","contains_code":true,"code":{},"resources":{},"scaling":{"idle":300.0},"timeout":30.0,"recording":{}}','2026-11-28 22:10:51.191399');
CREATE TABLE deploy_events (
	deploy VARCHAR(26) NOT NULL, 
	position INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	CONSTRAINT pk_deploy_events PRIMARY KEY (deploy, position), 
	CONSTRAINT fk_deploy_events_deploy_deploys FOREIGN KEY(deploy) REFERENCES deploys (id)
);
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',0,'{"step":"lock","state":"started","detail":"0 requirements","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',1,'{"step":"lock","state":"done","detail":"0 packages for Python 3.11.7","seconds":0.25206656099999236}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',2,'{"step":"build","state":"started","detail":"7840d36e6b48","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',3,'{"step":"build","state":"done","detail":"built","seconds":0.5231837189999169}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',4,'{"step":"check","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',5,'{"step":"check","state":"info","detail":"loading the model","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',6,'{"step":"check","state":"info","detail":"predicting the example","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',7,'{"step":"check","state":"info","detail":"comparing a batch with single predictions","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',8,'{"step":"check","state":"info","detail":"predicting in a forked process","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',9,'{"step":"check","state":"done","detail":"loads in 0.03 s","seconds":0.863656839000214}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',10,'{"step":"register","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',11,'{"step":"register","state":"done","detail":"adder:1","seconds":0.07013124600007359}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',12,'{"step":"start","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',13,'{"step":"start","state":"done","detail":"","seconds":0.3240748089997396}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',14,'{"step":"release","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',15,'{"step":"release","state":"done","detail":"adder:1 is live","seconds":0.020472573000006378}');
INSERT INTO "deploy_events" VALUES('01m8j3byqrc1pqpr69s19zccp8',16,'{"step":"end","state":"done","version":1,"live":true,"reference":"adder:1","error":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',0,'{"step":"lock","state":"started","detail":"0 requirements","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',1,'{"step":"lock","state":"done","detail":"0 packages for Python 3.11.7","seconds":0.14820130499992956}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',2,'{"step":"build","state":"started","detail":"7840d36e6b48","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',3,'{"step":"build","state":"done","detail":"already there","seconds":0.00025573999982952955}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',4,'{"step":"check","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',5,'{"step":"check","state":"info","detail":"loading the model","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',6,'{"step":"check","state":"info","detail":"predicting the example","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',7,'{"step":"check","state":"info","detail":"comparing a batch with single predictions","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',8,'{"step":"check","state":"info","detail":"predicting in a forked process","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',9,'{"step":"check","state":"done","detail":"loads in 0.01 s","seconds":0.5395854369999142}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',10,'{"step":"register","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',11,'{"step":"register","state":"done","detail":"adder:2","seconds":0.04266974299980575}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',12,'{"step":"start","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',13,'{"step":"start","state":"done","detail":"","seconds":0.03097177900008319}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',14,'{"step":"release","state":"started","detail":"","seconds":null}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',15,'{"step":"release","state":"done","detail":"adder:2 answers at its own address","seconds":0.007381356999758282}');
INSERT INTO "deploy_events" VALUES('01m8j3c2nm6zmn1gr22645wehh',16,'{"step":"end","state":"done","version":2,"live":false,"reference":"adder:2","error":null}');
CREATE TABLE deploys (
	id VARCHAR(26) NOT NULL, 
	model VARCHAR(64) NOT NULL, 
	bundle VARCHAR(64) NOT NULL, 
	release BOOLEAN, 
	alias VARCHAR(64), 
	state VARCHAR(16) NOT NULL, 
	version INTEGER, 
	live BOOLEAN, 
	error JSON, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(200) NOT NULL, 
	ended_at DATETIME, 
	CONSTRAINT pk_deploys PRIMARY KEY (id)
);
INSERT INTO "deploys" VALUES('01m8j3byqrc1pqpr69s19zccp8','adder','d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223',NULL,'champion','done',1,1,NULL,'2026-11-28 22:10:47.180993','admin','2026-11-28 22:10:49.316661');
INSERT INTO "deploys" VALUES('01m8j3c2nm6zmn1gr22645wehh','adder','2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd',NULL,NULL,'done',2,0,NULL,'2026-11-28 22:10:51.192986','admin','2026-11-28 22:10:52.040371');
CREATE TABLE environment_holds (
	environment VARCHAR(64) NOT NULL, 
	holder VARCHAR(80) NOT NULL, 
	CONSTRAINT pk_environment_holds PRIMARY KEY (environment, holder), 
	CONSTRAINT fk_environment_holds_environment_environments FOREIGN KEY(environment) REFERENCES environments (hash)
);
INSERT INTO "environment_holds" VALUES('7840d36e6b489458f145bdf7528325e39743920e339be968bcfadef8ecfdc919','adder:1');
INSERT INTO "environment_holds" VALUES('7840d36e6b489458f145bdf7528325e39743920e339be968bcfadef8ecfdc919','adder:2');
CREATE TABLE environments (
	hash VARCHAR(64) NOT NULL, 
	lock TEXT NOT NULL, 
	python VARCHAR(32) NOT NULL, 
	packages INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_environments PRIMARY KEY (hash)
);
INSERT INTO "environments" VALUES('7840d36e6b489458f145bdf7528325e39743920e339be968bcfadef8ecfdc919','lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11.7"
packages = []
','3.11.7',0,'2026-11-28 22:10:48.875751');
CREATE TABLE keys (
	id VARCHAR(26) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	models JSON, 
	token_sha256 VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(200) NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, limits JSON, 
	CONSTRAINT pk_keys PRIMARY KEY (id), 
	CONSTRAINT uq_keys_token_sha256 UNIQUE (token_sha256)
);
INSERT INTO "keys" VALUES('admin','admin','admin',NULL,'3005eb49e8cc30968e4be42b7fda1642e70aaffd52b2e1961b158bbb995e78cf','2026-11-28 22:10:43.917557','system',NULL,NULL,NULL);
INSERT INTO "keys" VALUES('01m8j3es80y3se2ds1g8n5wzb1','caller','predict','["adder"]','613db5b5e2fb836e1ebb47c43ca1b267bf8e872f9d97b09543b7cc1c3a4b6ea9','2026-11-28 22:12:19.839997','admin',NULL,NULL,NULL);
INSERT INTO "keys" VALUES('01m8j3esbbj7bpg6j95e6ap23h','revoked','predict',NULL,'3cbe18185c545a9248a9bf9163d3598b96e1075d86c474a401a0ce6f0d0dd6cb','2026-11-28 22:12:19.947215','admin',NULL,'2026-11-28 22:12:22.244154',NULL);
CREATE TABLE models (
	name VARCHAR(64) NOT NULL, 
	last_version INTEGER NOT NULL, 
	release JSON NOT NULL, 
	paused BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	removed_at DATETIME, limits JSON, 
	CONSTRAINT pk_models PRIMARY KEY (name)
);
INSERT INTO "models" VALUES('adder',2,'[{"version": 1, "percent": 75.0}, {"version": 2, "percent": 25.0}]',0,'2026-11-28 22:10:48.872570',NULL,NULL);
CREATE TABLE releases (
	id VARCHAR(26) NOT NULL, 
	model VARCHAR(64) NOT NULL, 
	shares JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(200) NOT NULL, 
	undone_at DATETIME, 
	CONSTRAINT pk_releases PRIMARY KEY (id), 
	CONSTRAINT fk_releases_model_models FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "releases" VALUES('01m8j3c0txg37y9cessfb18rb1','adder','[{"version": 1, "percent": 100.0}]','2026-11-28 22:10:49.309885','admin',NULL);
INSERT INTO "releases" VALUES('01m8j3c5gcpfy4bgjx7zya26kv','adder','[{"version": 1, "percent": 75.0}, {"version": 2, "percent": 25.0}]','2026-11-28 22:10:54.092697','admin',NULL);
CREATE TABLE versions (
	model VARCHAR(64) NOT NULL, 
	number INTEGER NOT NULL, 
	bundle VARCHAR(64) NOT NULL, 
	environment VARCHAR(64) NOT NULL, 
	checks TEXT NOT NULL, 
	paused BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_versions PRIMARY KEY (model, number), 
	CONSTRAINT fk_versions_bundle_bundles FOREIGN KEY(bundle) REFERENCES bundles (digest), 
	CONSTRAINT fk_versions_environment_environments FOREIGN KEY(environment) REFERENCES environments (hash), 
	CONSTRAINT fk_versions_model_models FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "versions" VALUES('adder',1,'d1cb4ed42c96d9294604d00929c6ef77f5647ec1077a47d43725ac3f10822223','7840d36e6b489458f145bdf7528325e39743920e339be968bcfadef8ecfdc919','{"python":"3.11.7","load_seconds":0.025227203000213194,"predict_seconds":0.00001533900012873346,"memory_bytes":21151744,"example_rows":2,"batchable":true,"batchable_reason":"batches of 2 to 1024 rows equal 2 single calls bit for bit","fork_safe":true,"fork_safe_reason":"a forked copy answered as its parent did","signature":{"inputs":{"kind":"columns","columns":[{"name":"a","type":"float64"},{"name":"b","type":"float64"}]},"outputs":{"kind":"tensors","tensors":[{"name":"output","type":"float64","shape":[-1]}]}}}',0,'2026-11-28 22:10:48.877242','admin');
INSERT INTO "versions" VALUES('adder',2,'2accd3e6669363229f9d7811ec25e22a6fd0b076e2ad6cfb10f7cb1a8df0b7cd','7840d36e6b489458f145bdf7528325e39743920e339be968bcfadef8ecfdc919','{"python":"3.11.7","load_seconds":0.009372120999614708,"predict_seconds":0.00004411300005813246,"memory_bytes":21233664,"example_rows":2,"batchable":true,"batchable_reason":"batches of 2 to 1024 rows equal 2 single calls bit for bit","fork_safe":true,"fork_safe_reason":"a forked copy answered as its parent did","signature":{"inputs":{"kind":"columns","columns":[{"name":"a","type":"float64"},{"name":"b","type":"float64"}]},"outputs":{"kind":"tensors","tensors":[{"name":"output","type":"float64","shape":[-1]}]}}}',0,'2026-11-28 22:10:51.923323','admin');
CREATE INDEX ix_environment_holds_holder ON environment_holds (holder);
CREATE INDEX ix_bundle_files_sha256 ON bundle_files (sha256);
CREATE INDEX ix_bundle_holds_holder ON bundle_holds (holder);
CREATE INDEX ix_versions_bundle ON versions (bundle);
CREATE INDEX ix_versions_environment ON versions (environment);
CREATE INDEX ix_releases_model ON releases (model);
CREATE INDEX ix_deploys_model ON deploys (model);
CREATE INDEX ix_deploys_state ON deploys (state);
CREATE INDEX ix_alerts_model ON alerts (model);
CREATE INDEX ix_alerts_resolved_at ON alerts (resolved_at);
COMMIT;
