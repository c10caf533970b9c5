// The file systems whose answers come from elsewhere: a server, or a daemon.

const REMOTE =
  /^(nfs4?|cifs|smb3|smbfs|9p|ceph|afs|virtiofs|fuse(\..*|blk)?|autofs|glusterfs|lustre|ocfs2|gfs2)$/;

export const isRemoteType = (type: string): boolean => REMOTE.test(type);
