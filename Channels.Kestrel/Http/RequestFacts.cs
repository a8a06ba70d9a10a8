using System.Net;

namespace Channels.Kestrel;

/// <summary>What the two kinds of scope have in common, before and after a trusted proxy's headers were applied.</summary>
internal readonly record struct RequestFacts(
    string Version, string Path, string RawPath, string Query, string RootPath, IPEndPoint? Client, EndPoint? Server, bool IsTls)
{
    /// <summary>The same request below a mount point that the path does not show yet.</summary>
    public RequestFacts MountedAt(MountPoint mount) => this with { RootPath = mount.Path, Path = mount.Path + Path, RawPath = mount.RawPath + RawPath };
}
