using Microsoft.Extensions.FileProviders;

namespace Channels.Tests.Http;

/// <summary>A file that exists in memory only.</summary>
internal sealed class MemoryFile(string name, byte[] content) : IFileInfo
{
    public bool CanSeek { get; init; } = true;

    public bool Exists => true;

    public long Length => content.Length;

    public string? PhysicalPath => null;

    public string Name => name;

    public DateTimeOffset LastModified { get; init; } = new(2025, 5, 2, 10, 0, 0, TimeSpan.Zero);

    public bool IsDirectory => false;

    public Stream CreateReadStream() => CanSeek ? new MemoryStream(content) : new OneWay(content);

    private sealed class OneWay(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override long Seek(long offset, SeekOrigin loc) => throw new NotSupportedException();
    }
}
