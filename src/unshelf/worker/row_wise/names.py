"""Names of the classes of known libraries that answer each row alone once they are fitted."""

METHODS = frozenset({
    "predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "score_samples", "apply",
})  # fmt: skip
"""Methods that give one answer a row. Others (kneighbors, fit_predict, sample …) answer for a batch as a whole, or fit."""

_SKLEARN_STEPS = """
    ARDRegression AdaBoostClassifier AdaBoostRegressor AdditiveChi2Sampler AffinityPropagation BaggingClassifier BaggingRegressor
    BayesianGaussianMixture BayesianRidge BernoulliNB Binarizer Birch BisectingKMeans CCA CalibratedClassifierCV CategoricalNB
    ClassifierChain ColumnTransformer ComplementNB CountVectorizer DecisionTreeClassifier DecisionTreeRegressor DictVectorizer
    DummyClassifier DummyRegressor ElasticNet ElasticNetCV EllipticEnvelope ExtraTreeClassifier ExtraTreeRegressor
    ExtraTreesClassifier ExtraTreesRegressor FactorAnalysis FastICA FeatureAgglomeration FeatureHasher FeatureUnion
    FixedThresholdClassifier FrozenEstimator FunctionTransformer GammaRegressor GaussianMixture GaussianNB
    GaussianProcessClassifier GaussianProcessRegressor GaussianRandomProjection GenericUnivariateSelect
    GradientBoostingClassifier GradientBoostingRegressor GridSearchCV HalvingGridSearchCV HalvingRandomSearchCV
    HashingVectorizer HistGradientBoostingClassifier HistGradientBoostingRegressor HuberRegressor IncrementalPCA
    IsolationForest Isomap IsotonicRegression KBinsDiscretizer KMeans KNNImputer KNeighborsClassifier KNeighborsRegressor
    KernelCenterer KernelDensity KernelPCA KernelRidge Lars LarsCV Lasso LassoCV LassoLars LassoLarsCV LassoLarsIC
    LatentDirichletAllocation LinearDiscriminantAnalysis LinearRegression LinearSVC LinearSVR LocalOutlierFactor
    LocallyLinearEmbedding LogisticRegression LogisticRegressionCV MLPClassifier MLPRegressor MaxAbsScaler MeanShift
    MinMaxScaler MiniBatchKMeans MissingIndicator MultiOutputClassifier MultiOutputRegressor MultiTaskElasticNet
    MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV MultinomialNB NearestCentroid NeighborhoodComponentsAnalysis
    Normalizer NuSVC NuSVR Nystroem OneClassSVM OneHotEncoder OneVsOneClassifier OneVsRestClassifier OrdinalEncoder
    OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV OutputCodeClassifier PCA PLSCanonical PLSRegression PLSSVD
    PassiveAggressiveClassifier PassiveAggressiveRegressor Perceptron Pipeline PoissonRegressor PolynomialCountSketch
    PolynomialFeatures PowerTransformer QuadraticDiscriminantAnalysis QuantileRegressor QuantileTransformer RANSACRegressor
    RBFSampler RFE RFECV RadiusNeighborsClassifier RadiusNeighborsRegressor RandomForestClassifier RandomForestRegressor
    RandomTreesEmbedding RandomizedSearchCV RegressorChain Ridge RidgeCV RidgeClassifier RidgeClassifierCV RobustScaler
    SGDClassifier SGDOneClassSVM SGDRegressor SVC SVR SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest
    SelectPercentile SelfTrainingClassifier SequentialFeatureSelector SimpleImputer SkewedChi2Sampler SparseRandomProjection
    SplineTransformer StackingClassifier StackingRegressor StandardScaler TargetEncoder TfidfTransformer TfidfVectorizer
    TheilSenRegressor TransformedTargetRegressor TruncatedSVD TunedThresholdClassifierCV TweedieRegressor VarianceThreshold
    VotingClassifier VotingRegressor
"""

SKLEARN_STEPS = frozenset(_SKLEARN_STEPS.split())
"""scikit-learn's estimators whose answer to a row depends on that row and on what was learned in training alone.

Left out, and why: IterativeImputer (rows that are all gaps are filled in another way when they come alone), NMF, MiniBatchNMF,
DictionaryLearning, SparseCoder, SparsePCA and their kin (they solve one problem for the whole batch), BernoulliRBM (draws random
numbers for the batch), LabelPropagation and LabelSpreading (transductive), PatchExtractor (other rows come out than went in),
KNeighborsTransformer and RadiusNeighborsTransformer (graphs), label encoders (they infer the kind of target from all labels)."""

SKLEARN_PARTS = frozenset({
    "LabelBinarizer", "LabelEncoder", "NearestNeighbors", "_BinMapper", "_BinaryGaussianProcessClassifierLaplace",
    "_ConstantPredictor", "_SigmoidCalibration", "_TemperatureScaling",
})  # fmt: skip
"""Estimators that those of SKLEARN_STEPS hold inside of them, and use row by row."""

SKLEARN_SEARCHES = frozenset({"GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"})

BOOSTERS = {
    "xgboost": frozenset({"XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor"}),
    "lightgbm": frozenset({"LGBMClassifier", "LGBMRegressor", "LGBMRanker"}),
    "catboost": frozenset({"CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker"}),
}
"""Library → its classes that answer by trees of their own, row by row."""

FIT_ONLY = frozenset({
    "best_index_", "cv", "cv_results_", "error_score", "importance_getter", "memory", "refit", "score_func", "scorer_",
    "scoring", "verbose_feature_names_out",
})  # fmt: skip
"""Attributes of scikit-learn's estimators that no prediction asks."""

ELEMENTWISE = frozenset({"around", "asarray", "clip", "copy", "nan_to_num", "round"})
"""NumPy's functions beside its ufuncs that look at each value alone."""

DATA_LIBRARIES = frozenset({"joblib", "numpy", "pandas", "polars", "pyarrow", "scipy"})
"""Libraries whose objects in an estimator are data, or functions that it applies row by row."""
