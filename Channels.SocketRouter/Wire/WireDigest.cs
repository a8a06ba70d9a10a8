using System.Security.Cryptography;
using System.Text;

namespace Channels.SocketRouter;

/// <summary>Short names for what clients choose: no two texts share one.</summary>
internal static class WireDigest
{
    private const int Length = 40;

    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..Length];
}
