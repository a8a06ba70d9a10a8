using System.Reflection;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Channels.Tests.Specifications;

/// <summary>A layer under the specification, and what it promises: tests that need more do not exist for it, so none passes unproven.</summary>
/// <param name="promised">What the layer promises beyond the contract every layer keeps.</param>
/// <param name="arguments">What the fixture is made with.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class LayerFixtureAttribute(LayerCapabilities promised, params object[] arguments) : NUnitAttribute, IFixtureBuilder2
{
    /// <inheritdoc/>
    public IEnumerable<TestSuite> BuildFrom(ITypeInfo typeInfo) => BuildFrom(typeInfo, new Filter(null, promised));

    /// <inheritdoc/>
    public IEnumerable<TestSuite> BuildFrom(ITypeInfo typeInfo, IPreFilter filter) => new TestFixtureAttribute(arguments).BuildFrom(typeInfo, new Filter(filter, promised));

    private sealed class Filter(IPreFilter? selection, LayerCapabilities promised) : IPreFilter
    {
        public bool IsMatch(Type type) => selection?.IsMatch(type) ?? true;

        public bool IsMatch(Type type, MethodInfo method) =>
            (selection?.IsMatch(type, method) ?? true) && promised.HasFlag(method.GetCustomAttribute<NeedsAttribute>()?.Capabilities ?? LayerCapabilities.None);
    }
}
