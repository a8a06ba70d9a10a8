namespace Channels.Tests.Hostile;

/// <summary>What differs from the defaults in a <see cref="HostileServer"/>.</summary>
internal enum HostileServerKind
{
    Defaults,

    /// <summary>Agrees to compression; the canary compresses as well.</summary>
    Compression,

    /// <summary>May open <see cref="HostileServer.FewFiles"/> files.</summary>
    FewFiles,

    /// <summary>Takes <see cref="HostileServer.FewPerAddress"/> sockets and lasting requests of one address.</summary>
    FewPerAddress,
}
