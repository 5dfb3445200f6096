// Runs in the first member after it started: makes a replica set of all and the users, or finds that they are there.
const env = process.env;
const admin = db.getSiblingDB("admin");

function isAdmin() {
  try {
    return admin.auth("admin", env.ADMIN_PASSWORD).ok === 1;
  } catch {
    return false; // there is no admin yet
  }
}

if (!isAdmin()) {
  // By MongoDB's exception for whoever asks from the same machine before there is a user.
  const members = env.MEMBERS.split(",").map((host, _id) => ({ _id, host, priority: _id ? 1 : 2 }));
  if (!db.hello().setName) rs.initiate({ _id: "rs0", members });
  while (!db.hello().isWritablePrimary) sleep(500);
  admin.createUser({ user: "admin", pwd: env.ADMIN_PASSWORD, roles: ["root"] });
}

const all = `mongodb://admin:${env.ADMIN_PASSWORD}@${env.MEMBERS}/so1_proyecto2?replicaSet=rs0&authSource=admin`;
const archive = connect(all);
const on = (collection, ...actions) => ({ resource: { db: "so1_proyecto2", collection }, actions });
const ROLES = {
  writer: [
    on("votes", "find", "insert", "createIndex", "listIndexes"), // nobody may change or remove a vote
    on("votes.log", "find", "insert", "update"),
  ],
  reader: [on("votes", "find", "listIndexes"), on("votes.log", "find")],
};
const PASSWORDS = { writer: env.WRITER_PASSWORD, reader: env.READER_PASSWORD };
for (const [name, privileges] of Object.entries(ROLES)) {
  if (archive.getRole(name)) archive.updateRole(name, { privileges, roles: [] });
  else archive.createRole({ role: name, privileges, roles: [] });
  if (archive.getUser(name)) archive.updateUser(name, { pwd: PASSWORDS[name], roles: [name] });
  else archive.createUser({ user: name, pwd: PASSWORDS[name], roles: [name] });
}
print("the archive has its users");
