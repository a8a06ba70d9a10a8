namespace Channels.Benchmarks;

/// <summary>CPU seconds by who used them; null: there is no such side.</summary>
/// <param name="Servers">The processes that are measured.</param>
/// <param name="Backend">What they talk through.</param>
/// <param name="Generator">This process, unless it is what is measured.</param>
/// <param name="Machine">Everything, the kernel's own work included.</param>
internal readonly record struct CpuUse(double Servers, double? Backend, double? Generator, double Machine)
{
    internal double Others => Math.Max(0, Machine - Servers - (Backend ?? 0) - (Generator ?? 0));

    internal CpuUse Since(CpuUse start) =>
        new(Servers - start.Servers, Backend - start.Backend, Generator - start.Generator, Machine - start.Machine);
}
